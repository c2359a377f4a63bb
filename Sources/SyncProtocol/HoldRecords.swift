import CanteenModel

import struct Foundation.Data

extension Canteen_V1_HoldSpend {
  init(_ spend: CanteenModel.HoldSpend) {
    self.init()
    hold = Data(spend.hold.digest.bytes)
    fen = spend.amount.value
  }

  /// Reads what a sale takes from its holds.
  static func models(_ spends: [Self]) throws(WireError) -> [CanteenModel.HoldSpend] {
    guard spends.count <= CanteenModel.HoldSpend.limit else { throw .tooLarge("sale.holds") }
    var read: [CanteenModel.HoldSpend] = []
    for spend in spends {
      guard let hold = Digest32(spend.hold).map(HoldID.init), spend.fen > 0,
        !read.contains(where: { $0.hold == hold })
      else { throw .malformed("sale.holds") }
      read.append(CanteenModel.HoldSpend(hold: hold, amount: Fen(spend.fen)))
    }
    return read
  }
}

extension Canteen_V1_HoldReleased {
  init(_ released: CanteenModel.HoldReleased) {
    self.init()
    hold = Data(released.hold.digest.bytes)
    account = released.account?.number ?? 0
  }

  func model() throws(WireError) -> CanteenModel.HoldReleased {
    guard let hold = Digest32(hold) else { throw .malformed("hold_released.hold") }
    guard account >= 0 else { throw .malformed("hold_released.account") }
    return CanteenModel.HoldReleased(
      hold: HoldID(hold), account: account == 0 ? nil : AccountID(account))
  }
}
