package import CanteenModel
import Readers

extension Terminal {
  /// Asks the face module of a lane for something.
  ///
  /// - Returns: When the module has answered: an enrolment takes up to 90 seconds.
  /// - Throws: ``OperatorRefusal``, in words: no such module, it is busy or away, or it said no.
  package func face(_ order: FaceModuleOrder) async throws -> FaceModuleReport {
    let states = await readers.states()
    guard let module = states.first(where: { $0.role == .face && $0.lane == order.lane }) else {
      throw OperatorRefusal(
        description: "lane \(order.lane) has no face module: canteenctl devices lists the readers")
    }
    let answer = await readers.face(try Self.request(order), on: module.reader)
    return try report(answer, lane: order.lane)
  }

  private static func request(_ order: FaceModuleOrder) throws -> FaceOrder {
    switch order.act {
    case .enrol:
      guard let text = order.name, !text.isEmpty, let name = FaceName(text) else {
        throw OperatorRefusal(
          description: "a name has 1 to \(FaceName.longest) bytes; a Chinese character has 3")
      }
      return .enrol(name, fromFiveViews: order.fromFiveViews)
    case .delete:
      guard let user = order.user else {
        throw OperatorRefusal(description: "name the person by the module's number")
      }
      return .delete(user: user)
    case .deleteAll: return .deleteAll
    case .list: return .list
    case .status: return .status
    }
  }

  private func report(_ answer: FaceAnswer, lane: LaneID) throws -> FaceModuleReport {
    switch answer {
    case .enrolled(let user):
      let binding = "\(number)/\(lane)/\(user)"
      return FaceModuleReport(
        user: user, binding: binding,
        text: "learned as \(user); the accounts file calls them \(binding) (column faces)")
    case .done: return FaceModuleReport(text: "done")
    case .users(let users):
      let list = users.isEmpty ? "" : ": " + users.map { "\($0)" }.joined(separator: ", ")
      return FaceModuleReport(users: users, text: "\(users.count) people\(list)")
    case .described(let user, let name, _):
      return FaceModuleReport(user: user, text: "\(user) \(name)")
    case .status(let status): return FaceModuleReport(text: "\(status)")
    case .version(let version): return FaceModuleReport(text: version)
    case .busy:
      throw OperatorRefusal(description: "the module is busy with another order; try again")
    case .refused(let reason): throw OperatorRefusal(description: "the module refused: \(reason)")
    case .readerAway:
      throw OperatorRefusal(
        description: "the module did not answer: canteenctl devices says why. Ask for the list "
          + "before you repeat what changes something")
    case .unsupported:
      throw OperatorRefusal(description: "this module has no such function")
    }
  }
}
