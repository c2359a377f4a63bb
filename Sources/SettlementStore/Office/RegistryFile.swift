import CanteenModel
import SQLStore

/// Reads and writes one list of the registry as comma-separated values.
struct RegistryFile {
  private let list: RegistryList

  init(_ list: RegistryList) {
    self.list = list
  }

  /// One row, with its values as they are kept, column by column.
  struct Row {
    let number: Int
    var values: [SQLValue]
    fileprivate let texts: [String: String]

    func fault(_ column: RegistryList.Column, _ text: String) -> String {
      "row \(number), column \(column.headers[0]): \"\(texts[column.field] ?? "")\" \(text)"
    }
  }

  /// - Throws: ``StoreError/refused(_:)`` with every fault, by row and column.
  func read(_ bytes: [UInt8]) throws(StoreError) -> [Row] {
    let file = try CommaSeparatedFile(bytes)
    let places = try places(in: file.header)
    var faults: [String] = []
    var rows: [Row] = []
    for row in file.rows {
      guard row.fields.count == file.header.count else {
        faults.append(
          "row \(row.number): \(row.fields.count) fields, the header has \(file.header.count): "
            + "quote a field that contains a comma")
        continue
      }
      let texts = places.map { place in place.map { trimmed(row.fields[$0]) } ?? "" }
      let named = Dictionary(uniqueKeysWithValues: zip(list.columns.map(\.field), texts))
      var read = Row(number: row.number, values: [], texts: named)
      var values: [SQLValue] = []
      for (column, text) in zip(list.columns, texts) {
        switch value(of: text, column.kind) {
        case .success(let value): values.append(value)
        case .failure(let cure): faults.append(read.fault(column, cure.text))
        }
      }
      guard values.count == list.columns.count else { continue }
      read = Row(number: row.number, values: values, texts: named)
      rows.append(read)
    }
    faults += repetitions(in: rows)
    guard faults.isEmpty else { throw .refused(FaultList.shortened(faults)) }
    return rows
  }

  /// With a header in the programme's words.
  func write(_ rows: [[SQLValue]]) -> [UInt8] {
    var lines = [list.columns.map { CommaSeparatedText.field($0.headers[0]) }]
    for row in rows {
      lines.append(zip(list.columns, row).map { CommaSeparatedText.field(text(of: $1, $0.kind)) })
    }
    return CommaSeparatedText.file(lines)
  }

  private struct Cure: Error {
    let text: String
  }

  private func value(
    of text: String, _ kind: RegistryList.Kind
  ) -> Result<SQLValue, Cure> {
    switch kind {
    case .number, .reference:
      guard let number = Int64(text), number > 0, number <= UInt32.max || isWide(kind) else {
        return .failure(Cure(text: "is not a number of 1 or more"))
      }
      return .success(.integer(number))
    case .count:
      guard let number = Int64(text), (0...Int64(UInt32.max)).contains(number) else {
        return .failure(Cure(text: "is not a number of 0 or more"))
      }
      return .success(.integer(number))
    case .optionalHundredths:
      guard !text.isEmpty else { return .success(.null) }
      // try?: whatever is wrong with it has the same cure.
      guard let value = try? Fen(yuan: text), value >= .zero else {
        return .failure(Cure(text: "is not a number such as 12 or 12.50"))
      }
      return .success(.integer(value.value))
    case .optionalReference:
      guard !text.isEmpty else { return .success(.null) }
      guard let number = Int64(text), number > 0 else {
        return .failure(Cure(text: "is not a number of 1 or more, nor empty"))
      }
      return .success(.integer(number))
    case .named: return text.isEmpty ? .failure(Cure(text: "is empty")) : .success(.text(text))
    case .text(let limit):
      guard !text.isEmpty, text.utf8.count <= limit else {
        return .failure(Cure(text: "is empty or longer than \(limit) bytes"))
      }
      return .success(.text(text))
    case .note(let limit), .optionalText(let limit):
      guard text.utf8.count <= limit else {
        return .failure(Cure(text: "is longer than \(limit) bytes"))
      }
      if case .optionalText = kind, text.isEmpty { return .success(.null) }
      return .success(.text(text))
    case .optionalDay where text.isEmpty: return .success(.null)
    case .day, .optionalDay:
      guard let date = CivilDate(text) else {
        return .failure(Cure(text: "is not a day such as 2026-12-31"))
      }
      return .success(.integer(Int64(date.day)))
    case .choice(let words):
      guard let word = words.first(where: { $0.word == text || $0.kept == text }) else {
        return .failure(Cure(text: "is not one of \(words.map(\.word).joined(separator: ", "))"))
      }
      return .success(Int64(word.kept).map { .integer($0) } ?? .text(word.kept))
    }
  }

  /// Accounts have numbers of 64 bits, everything else of 32.
  private func isWide(_ kind: RegistryList.Kind) -> Bool {
    if case .reference("account", _, _) = kind { true } else { false }
  }

  private func text(of value: SQLValue, _ kind: RegistryList.Kind) -> String {
    switch (value, kind) {
    case (.integer(let day), .day), (.integer(let day), .optionalDay):
      CivilDate(day: Int32(clamping: day)).description
    case (.integer(let hundredths), .optionalHundredths): Fen(hundredths).plainYuan
    case (.integer(let number), .choice(let words)):
      words.first { $0.kept == String(number) }?.word ?? String(number)
    case (.text(let text), .choice(let words)): words.first { $0.kept == text }?.word ?? text
    case (.integer(let number), _): String(number)
    case (.text(let text), _): text
    case (.null, _), (.bytes, _): ""
    }
  }

  private func places(in header: [String]) throws(StoreError) -> [Int?] {
    // Forms are typed with either kind of parentheses.
    let names = header.map {
      $0.filter { !$0.isWhitespace }.replacing("（", with: "(").replacing("）", with: ")")
    }
    let known = list.columns.map { $0.headers.joined(separator: "/") }.joined(separator: ",")
    for name in names {
      guard list.columns.contains(where: { $0.headers.contains(name) }) else {
        throw .refused(["row 1: the column \(name) is not known; the columns are \(known)"])
      }
    }
    var places: [Int?] = []
    for column in list.columns {
      let place = names.firstIndex { column.headers.contains($0) }
      if let place, names[(place + 1)...].contains(where: { column.headers.contains($0) }) {
        throw .refused(["row 1: the column \(column.headers[0]) is there twice; remove one"])
      }
      guard place != nil || column.mayBeMissing else {
        throw .refused(["row 1: no column \(column.headers[0]); the header is \(known)"])
      }
      places.append(place)
    }
    return places
  }

  private func repetitions(in rows: [Row]) -> [String] {
    var seen: [[SQLValue]: Int] = [:]
    return rows.compactMap { row in
      let key = zip(list.columns, row.values).filter(\.0.isKey).map(\.1)
      guard let first = seen.updateValue(row.number, forKey: key) else { return nil }
      return "row \(row.number) is about the same as row \(first); keep one"
    }
  }

  private func trimmed(_ field: String) -> String {
    CommaSeparatedText.plain(
      String(field.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()))
  }
}

extension RegistryList.Column {
  fileprivate var mayBeMissing: Bool {
    switch kind {
    case .optionalReference, .note, .optionalText, .optionalDay, .optionalHundredths: true
    case .number, .count, .reference, .named, .text, .day, .choice: false
    }
  }
}
