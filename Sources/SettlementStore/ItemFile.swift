import CanteenModel

/// A file of dishes and goods: columns `code,name,category,price,ceiling` in any order.
///
/// Amounts are yuan; a price of 0 takes an item from sale. `category` 0 is a dish of the kitchen, others
/// are the supermarket's. `ceiling` is the registered price of the city's malls (S12, C13); empty when
/// there is none.
enum ItemFile {
  private enum Column: String, CaseIterable {
    case code, name, category, price, ceiling
  }

  /// More than any good costs; a fault of the keyboard.
  private static let dearest = Fen(10_000_000)
  private static let nameLimit = 128

  /// Reads a file whole.
  ///
  /// - Throws: ``StoreError/refused(_:)`` with every fault, by row and column.
  static func read(_ bytes: [UInt8]) throws(StoreError) -> [Item] {
    try ColumnFile<Column>(bytes).entries(item, check: repetitions)
  }

  private static func item(_ row: inout ColumnRow<Column>) -> Item? {
    let code: UInt32 = row.number(.code, in: ItemCode.range)
    let name = row.text(.name)
    if name.isEmpty || name.utf8.count > nameLimit {
      row.fault(.name, "is empty or longer than \(nameLimit) bytes")
    }
    let category: UInt16 = row.number(.category, in: 0...(.max))
    let price = row.amount(.price, upTo: dearest)
    let ceiling = row.amount(.ceiling, upTo: dearest, otherwise: .zero)
    if ceiling > .zero, price > ceiling {
      row.fault(.price, "is more than the ceiling \(ceiling): lower it, no terminal sells it (S12)")
    }
    return Item(
      code: ItemCode(code), name: name, category: ItemCategory(category), price: price,
      ceiling: ceiling == .zero ? nil : ceiling)
  }

  private static func repetitions(in items: [Item]) -> [String] {
    var seen: Set<ItemCode> = []
    return items.filter { !seen.insert($0.code).inserted }
      .map { "code \($0.code.number) is in the file twice; keep one" }
  }
}
