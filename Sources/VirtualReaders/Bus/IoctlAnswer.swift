/// What an ioctl returns to the client.
struct IoctlAnswer: Equatable, Sendable {
  let result: Int
  /// 0 when it succeeded.
  let error: Int32

  static let success = IoctlAnswer(result: 0, error: 0)

  static func failure(_ error: Int32) -> IoctlAnswer {
    IoctlAnswer(result: -1, error: error)
  }
}
