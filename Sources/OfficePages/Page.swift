/// What a page shows, before it is drawn: the same parts for every page, so that all look alike and every table can be
/// taken away as a file.
package struct Page: Sendable {
  package let title: Words
  /// What the figures include: `截至 2026-03-31 24:00`.
  package let asOf: Words?
  package let parts: [Part]

  package enum Part: Sendable {
    case facts([Fact])
    case table(PageTable)
    case form(PageForm)
    case note(Words, Level)
    /// Lines for signatures, on paper only.
    case signatures([Words])
  }

  /// How much something asks to be looked at.
  package enum Level: String, Sendable {
    case quiet, good, attention
  }

  package struct Fact: Sendable {
    let name: Words
    let value: Words
    let href: String?

    /// - Parameter href: Where it leads; `nil`: nowhere.
    package init(_ name: Words, _ value: Words, href: String? = nil) {
      self.name = name
      self.value = value
      self.href = href
    }
  }

  package init(_ title: Words, asOf: Words? = nil, _ parts: [Part]) {
    self.title = title
    self.asOf = asOf
    self.parts = parts
  }

  /// The tables in the order of the page.
  package var tables: [PageTable] {
    parts.compactMap { part in
      if case .table(let table) = part { table } else { nil }
    }
  }
}

/// A table; its name is the file's that it can be taken away as.
package struct PageTable: Sendable {
  package struct Column: Sendable {
    let title: Words
    let isNumber: Bool

    /// - Parameter isNumber: Whether it stands at the right, with digits of one width.
    package init(_ title: Words, isNumber: Bool = false) {
      self.title = title
      self.isNumber = isNumber
    }

    /// A column of texts.
    package init(_ zh: String, _ en: String) { self.init(Words(zh, en)) }

    /// A column of figures.
    package static func number(_ zh: String, _ en: String) -> Column {
      Column(Words(zh, en), isNumber: true)
    }
  }

  package struct Cell: Sendable {
    let words: Words
    let href: String?

    /// - Parameter href: Where it leads; `nil`: nowhere.
    package init(_ words: Words, href: String? = nil) {
      self.words = words
      self.href = href
    }

    /// What is the same in every language.
    package init(_ data: some CustomStringConvertible, href: String? = nil) {
      self.init(Words(data: data), href: href)
    }
  }

  package struct Row: Sendable {
    let cells: [Cell]
    let level: Page.Level

    package init(_ cells: [Cell], _ level: Page.Level = .quiet) {
      self.cells = cells
      self.level = level
    }
  }

  /// Small letters and hyphens.
  package let name: String
  let caption: Words
  let columns: [Column]
  let rows: [Row]
  /// The sums below the line.
  let sums: Row?

  /// - Precondition: Each row has a cell for each column.
  package init(
    _ name: String, _ caption: Words, _ columns: [Column], _ rows: [Row], sums: Row? = nil
  ) {
    precondition(
      (rows + [sums].compactMap(\.self)).allSatisfy { $0.cells.count == columns.count },
      "a cell for each column")
    self.name = name
    self.caption = caption
    self.columns = columns
    self.rows = rows
    self.sums = sums
  }

  /// The header and the rows as they are seen, without the sums: a spreadsheet makes its own.
  package func lines(in language: Language) -> [[String]] {
    [columns.map { $0.title.text(in: language) }]
      + rows.map { $0.cells.map { $0.words.text(in: language) } }
  }
}

/// What somebody fills in and sends. It is sent to the page's own path.
package struct PageForm: Sendable {
  package struct Field: Sendable {
    package enum Kind: String, Sendable {
      case text, password
      /// Six digits of a code.
      case code
      case hidden
    }

    let name: String
    let label: Words
    let kind: Kind
    let value: String
    let isNeeded: Bool

    package init(
      _ name: String, _ label: Words, _ kind: Kind = .text, value: String = "",
      isNeeded: Bool = true
    ) {
      self.name = name
      self.label = label
      self.kind = kind
      self.value = value
      self.isNeeded = isNeeded
    }
  }

  let action: String
  let fields: [Field]
  let button: Words
  let level: Page.Level

  /// - Parameter action: The path to which it is sent.
  package init(
    to action: String, _ fields: [Field], _ button: Words, _ level: Page.Level = .quiet
  ) {
    self.action = action
    self.fields = fields
    self.button = button
    self.level = level
  }
}

/// What stands around every page.
package struct PageFrame: Sendable {
  package struct Link: Sendable {
    let title: Words
    let href: String
    let isHere: Bool

    package init(_ title: Words, href: String, isHere: Bool) {
      self.title = title
      self.href = href
      self.isHere = isHere
    }
  }

  let language: Language
  /// Path and query of this page: where a change of language leads back to.
  let address: String
  let links: [Link]
  /// Who is signed in; `nil`: nobody.
  let person: String?
  /// What every form must send with it; empty for who is not signed in.
  let csrf: String

  package init(
    _ language: Language, address: String, links: [Link] = [], person: String? = nil,
    csrf: String = ""
  ) {
    self.language = language
    self.address = address
    self.links = links
    self.person = person
    self.csrf = csrf
  }
}
