/// What a record says, read from its bytes alone (`record.proto`).
struct RawRecord {
  /// What one tranche paid, or got back.
  struct Part {
    var purse: UInt64 = 0
    var tranche: UInt64 = 0
    var fen: Int64 = 0
  }

  enum Kind { case sale, correction, decline, other, unreadable }

  var wall: Int64 = 0
  var boot: Int64 = 0
  var kind = Kind.unreadable
  var account: Int64 = 0
  var medium: UInt64 = 0
  var mode: UInt64 = 0
  var day: Int64 = 0
  var period: UInt64 = 0
  var place: UInt64 = 0
  var rulebook: Int64 = 0
  var lane: UInt64 = 0
  var isGuest = false
  /// For how many heads an official meal was.
  var heads: Int64 = 0
  /// What the items of a sale cost, and those that are goods.
  var itemFen: Int64 = 0
  var goodsFen: Int64 = 0
  var parts: [Part] = []
  /// What holds paid of it.
  var holds: [(id: [UInt8], fen: Int64)] = []
  var originalSequence: UInt64 = 0
  var originalID: [UInt8] = []
  /// What a correction takes off the counters of what was approved alone.
  var alone: Int64 = 0
  var aloneFen: Int64 = 0
  /// What of the meals and guests of its sale a correction takes back.
  var meals: Int64 = 0
  var guests: Int64 = 0
  /// Why somebody was refused, and how much.
  var reason: UInt64 = 0
  var fen: Int64 = 0
  /// The hold that is given back.
  var released: [UInt8] = []

  var total: Int64 { parts.reduce(0) { $0 + $1.fen } }
  /// Whether it counts as the diner's own meal when one is served: goods do not, nor what a unit pays.
  var isMeal: Bool { !isGuest && mode != 5 && (mode != 3 || goodsFen < total) }
  var held: Int64 { holds.reduce(0) { $0 + $1.fen } }

  init(_ bytes: [UInt8]) {
    var message = RawMessage(bytes)
    while let field = message.next() {
      switch field.number {
      case 1:
        var time = RawMessage(bytes, field.range)
        while let part = time.next() {
          if part.number == 1 { wall = part.signed }
          if part.number == 2 { boot = part.signed }
        }
      case 3: readSale(bytes, field.range)
      case 5: readCorrection(bytes, field.range)
      case 7: readRelease(bytes, field.range)
      case 4: readDecline(bytes, field.range)
      case 2, 6, 8: kind = .other
      default: break
      }
    }
  }

  private mutating func readSale(_ bytes: [UInt8], _ range: Range<Int>) {
    kind = .sale
    var message = RawMessage(bytes, range)
    while let field = message.next() {
      switch field.number {
      case 1: account = field.signed
      case 2: lane = field.value
      case 3: medium = field.value
      case 4: mode = field.value
      case 5: readMeal(bytes, field.range)
      case 6: parts.append(Self.part(bytes, field.range))
      case 7: place = field.value
      case 8: rulebook = field.signed
      case 9: isGuest = field.value != 0
      case 10: readItem(bytes, field.range)
      case 12: heads = field.signed
      case 11:
        var hold = RawMessage(bytes, field.range)
        var (id, fen): ([UInt8], Int64) = ([], 0)
        while let part = hold.next() {
          if part.number == 1 { id = Array(bytes[part.range]) }
          if part.number == 2 { fen = part.signed }
        }
        holds.append((id, fen))
      default: break
      }
    }
  }

  private mutating func readItem(_ bytes: [UInt8], _ range: Range<Int>) {
    var message = RawMessage(bytes, range)
    var (category, quantity, price): (UInt64, Int64, Int64) = (0, 0, 0)
    while let field = message.next() {
      if field.number == 2 { category = field.value }
      if field.number == 3 { quantity = field.signed }
      if field.number == 4 { price = field.signed }
    }
    itemFen += price * quantity
    if category != 0 { goodsFen += price * quantity }
  }

  private mutating func readCorrection(_ bytes: [UInt8], _ range: Range<Int>) {
    kind = .correction
    var message = RawMessage(bytes, range)
    while let field = message.next() {
      switch field.number {
      case 3: originalSequence = field.value
      case 4: originalID = Array(bytes[field.range])
      case 5: account = field.signed
      case 6: parts.append(Self.part(bytes, field.range))
      case 7: readMeal(bytes, field.range)
      case 8: meals = field.signed
      case 9: guests = field.signed
      case 10: alone = field.signed
      case 11: aloneFen = field.signed
      default: break
      }
    }
  }

  private mutating func readDecline(_ bytes: [UInt8], _ range: Range<Int>) {
    kind = .decline
    var message = RawMessage(bytes, range)
    while let field = message.next() {
      switch field.number {
      case 1: reason = field.value
      case 2: account = field.signed
      case 3: lane = field.value
      case 4: medium = field.value
      case 5: fen = field.signed
      default: break
      }
    }
  }

  private mutating func readRelease(_ bytes: [UInt8], _ range: Range<Int>) {
    kind = .other
    var message = RawMessage(bytes, range)
    while let field = message.next() {
      if field.number == 1 { released = Array(bytes[field.range]) }
      if field.number == 2 { account = field.signed }
    }
  }

  private mutating func readMeal(_ bytes: [UInt8], _ range: Range<Int>) {
    var message = RawMessage(bytes, range)
    while let field = message.next() {
      if field.number == 1 { day = Int64(Int32(truncatingIfNeeded: field.signed)) }
      if field.number == 2 { period = field.value }
    }
  }

  private static func part(_ bytes: [UInt8], _ range: Range<Int>) -> Part {
    var part = Part()
    var message = RawMessage(bytes, range)
    while let field = message.next() {
      switch field.number {
      case 1: part.purse = field.value
      case 2: part.tranche = field.value
      case 3: part.fen = field.signed
      default: break
      }
    }
    return part
  }
}

/// A batch, read from its bytes alone (`sync.proto`).
struct RawBatch {
  var terminal: UInt64 = 0
  var epoch: UInt64 = 0
  var first: UInt64 = 0
  var previousHead: [UInt8] = []
  var head: [UInt8] = []
  var challenge: [UInt8] = []
  var records: [Range<Int>] = []

  init(_ bytes: [UInt8]) {
    var message = RawMessage(bytes)
    while let field = message.next() {
      if field.number == 2 { records.append(field.range) }
      guard field.number == 1 else { continue }
      var signed = RawMessage(bytes, field.range)
      while let part = signed.next() {
        if part.number == 1 { readHeader(bytes, part.range) }
      }
    }
  }

  private mutating func readHeader(_ bytes: [UInt8], _ range: Range<Int>) {
    var header = RawMessage(bytes, range)
    while let field = header.next() {
      switch field.number {
      case 2: terminal = field.value
      case 3: epoch = field.value
      case 4: first = field.value
      case 6: previousHead = Array(bytes[field.range])
      case 7: head = Array(bytes[field.range])
      case 9: challenge = Array(bytes[field.range])
      default: break
      }
    }
  }

  /// The head after a record, as ARCHITECTURE.md says it: fields of a fixed width, big endian.
  static func preimage(
    _ previous: [UInt8], terminal: UInt64, epoch: UInt64, sequence: UInt64,
    _ record: ArraySlice<UInt8>
  ) -> [UInt8] {
    var bytes: [UInt8] = [1]
    bytes.reserveCapacity(53 + record.count)
    for (value, width) in [(terminal, 4), (epoch, 4), (sequence, 8)] {
      for byte in stride(from: 8 * (width - 1), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(byte)))
      }
    }
    bytes += previous
    for byte in stride(from: 24, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: record.count >> byte))
    }
    bytes += record
    return bytes
  }
}
