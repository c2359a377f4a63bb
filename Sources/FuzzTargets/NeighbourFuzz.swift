import CanteenModel
import SyncProtocol

/// What another terminal of the canteen says: nobody signed it.
enum NeighbourFuzz {
  /// What was read is written and read as the same, and is within its limits.
  static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    let choice = input.byte() % 4
    let body = input.remainder()
    switch choice {
    case 0:
      // try?: bytes that are refused are none of our business.
      guard let statement = try? PeerCodec.decode(statement: body) else { return }
      try check([statement])
      try again(statement, PeerCodec.encode, PeerCodec.decode(statement:))
    case 1:
      // try?: bytes that are refused are none of our business.
      guard let request = try? PeerCodec.decode(reservation: body) else { return }
      try check([request.statement])
      try again(request, PeerCodec.encode, PeerCodec.decode(reservation:))
    case 2:
      // try?: bytes that are refused are none of our business.
      guard let answer = try? PeerCodec.decode(answer: body) else { return }
      try check([answer.own])
      try again(answer, PeerCodec.encode, PeerCodec.decode(answer:))
    default:
      // try?: bytes that are refused are none of our business.
      guard let news = try? PeerCodec.decode(news: body) else { return }
      try check(news.statements)
      try promise(news.statements.count <= PeerCodec.newsLimit, "more statements than news have")
      try again(
        news,
        { (news: PeerNews) throws(WireError) in
          try PeerCodec.encode(news: news.statements, head: news.head?.bytes)
        }, PeerCodec.decode(news:))
    }
  }

  private static func check(_ statements: [SpendStatement]) throws(BrokenPromise) {
    for statement in statements {
      try promise(
        statement.entries.count <= SpendStatement.entryLimit, "more entries than a statement has")
      try promise(
        statement.entries.allSatisfy { $0.amount > .zero }, "an entry of nothing, or less")
    }
  }

  private static func again<Value: Equatable>(
    _ value: Value, _ write: (Value) throws(WireError) -> [UInt8],
    _ read: ([UInt8]) throws(WireError) -> Value
  ) throws(BrokenPromise) {
    let back: Value
    do throws(WireError) {
      back = try read(try write(value))
    } catch {
      // What is not known is left out; a number of ours can have more bytes than it came with.
      if case .tooLarge = error { return }
      throw BrokenPromise("what a neighbour said cannot be written: \(error)")
    }
    try promise(back == value, "what a neighbour said is read otherwise than it was written")
  }
}
