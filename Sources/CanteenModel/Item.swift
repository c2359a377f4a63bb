/// A dish or a good, by the number that the cashier keys (编号). 1...999,999.
package struct ItemCode: NumberedIdentity, Comparable {
  package let number: UInt32

  package init(_ number: UInt32) {
    self.number = number
  }

  package static let range: ClosedRange<UInt32> = 1...999_999

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// What kind of good an item is. 0 is food from the kitchen; the others are the supermarket's
/// categories, of which the rulebook allows some (C12).
package struct ItemCategory: NumberedIdentity {
  package let number: UInt16

  package init(_ number: UInt16) {
    self.number = number
  }

  package static let dish = ItemCategory(0)

  /// Whether it is sold in a canteen supermarket (S11).
  package var isMarket: Bool { self != .dish }
}

/// A row of the catalogue.
package struct Item: Hashable, Sendable, Codable {
  package let code: ItemCode
  package let name: String
  package let category: ItemCategory
  /// Of one piece. More than zero.
  package let price: Fen
  /// The price of the same good in the city's malls, from the price register (S12, C13); `nil` when
  /// none was registered.
  package let ceiling: Fen?

  package init(code: ItemCode, name: String, category: ItemCategory, price: Fen, ceiling: Fen?) {
    self.code = code
    self.name = name
    self.category = category
    self.price = price
    self.ceiling = ceiling
  }
}

/// What the cashier keyed of one item.
package struct ItemLine: Hashable, Sendable, Codable {
  package let code: ItemCode
  /// 1...999.
  package let quantity: UInt16

  package init(code: ItemCode, quantity: UInt16) {
    self.code = code
    self.quantity = quantity
  }

  package static let quantities: ClosedRange<UInt16> = 1...999
  /// How many lines a sale may have.
  package static let limit = 50
}
