package import Readers
package import VirtualReaders

extension Specimen {
  /// A terminal whose only reader is this one, plugged in there.
  package func plan(port: String) -> ReaderPlan {
    ReaderPlan(known: ["1 \(kind.rawValue) \(port) \(settings)"])
  }
}

extension ReaderPlan {
  /// Of the laboratory's own readers.
  ///
  /// - Parameter places: In the words of `canteen.readers`.
  /// - Precondition: They are right, and do not contradict each other.
  package init(known places: [String]) {
    do {
      self = try ReaderPlan(places: places.map { try Place($0) })
    } catch {
      preconditionFailure("a place of the laboratory's readers is wrong: \(error)")
    }
  }
}
