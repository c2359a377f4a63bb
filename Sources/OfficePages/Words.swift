/// A language that the pages have; Chinese first.
package enum Language: String, CaseIterable, Sendable {
  case zh
  case en

  /// For the page's `lang` (BCP 47).
  package var tag: String {
    switch self {
    case .zh: "zh-CN"
    case .en: "en"
    }
  }

  /// As the language calls itself.
  package var name: String {
    switch self {
    case .zh: "中文"
    case .en: "English"
    }
  }

  /// The name of the cookie that keeps what somebody chose.
  package static let cookie = "canteen-language"

  /// What somebody chose before, or what the browser asks for first; otherwise Chinese.
  ///
  /// - Parameters:
  ///   - cookies: The field Cookie.
  ///   - accepted: The field Accept-Language (RFC 9110, 12.5.4). Its weights are not compared: browsers send them falling.
  package init(cookies: String?, accepted: String?) {
    for pair in (cookies ?? "").split(separator: ";") {
      let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0] == Self.cookie else { continue }
      if let chosen = Language(rawValue: String(parts[1])) {
        self = chosen
        return
      }
    }
    let first = (accepted ?? "").split(separator: ",").lazy.compactMap { range in
      Language(rawValue: range.drop { $0 == " " }.prefix { $0.isLetter }.lowercased())
    }.first
    self = first ?? .zh
  }
}

/// A text of a page in its languages.
package struct Words: Hashable, Sendable {
  private let zh: String
  private let en: String

  package init(_ zh: String, _ en: String) {
    self.zh = zh
    self.en = en
  }

  /// A name, a number or a date, which is the same in each.
  package init(data: some CustomStringConvertible) {
    (zh, en) = (data.description, data.description)
  }

  /// As a page of a language says it.
  package func text(in language: Language) -> String {
    switch language {
    case .zh: zh
    case .en: en
    }
  }
}
