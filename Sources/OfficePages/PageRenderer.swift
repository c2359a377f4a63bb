import Foundation
import Mustache

/// Draws pages with the templates of this target.
package struct PageRenderer: Sendable {
  private let library: MustacheLibrary

  /// The one stylesheet (text/css).
  package static let style = PackageResources.style_css

  /// - Precondition: The templates of this build can be read: a test draws every part.
  package init() {
    var library = MustacheLibrary()
    let templates = [
      "page": PackageResources.page_mustache, "facts": PackageResources.facts_mustache,
      "table": PackageResources.table_mustache, "form": PackageResources.form_mustache,
    ]
    for (name, bytes) in templates {
      do {
        try library.register(String(decoding: bytes, as: UTF8.self), named: name)
      } catch {
        preconditionFailure("the template \(name): \(error)")
      }
    }
    self.library = library
  }

  /// - Returns: HTML. Everything that is no template is escaped.
  package func html(of page: Page, in frame: PageFrame) -> String {
    let language = frame.language
    let drawing = PageDrawing(language: language, frame: frame)
    let values: [String: Any?] = [
      "tag": language.tag, "title": page.title.text(in: language),
      "product": Words("食堂一卡通", "Canteen").text(in: language),
      "asOf": page.asOf?.text(in: language),
      "links": frame.links.map { link in
        ["title": link.title.text(in: language), "href": link.href, "isHere": link.isHere]
          as [String: Any]
      },
      "person": frame.person, "csrf": frame.csrf,
      "signOut": Words("退出", "Sign out").text(in: language),
      "skip": Words("跳到正文", "Skip to the content").text(in: language),
      "menu": Words("栏目", "Pages").text(in: language),
      "languages": Language.allCases.filter { $0 != language }.map { other in
        ["name": other.name, "tag": other.tag, "href": drawing.address(choosing: other)]
      },
      "parts": page.parts.enumerated().map { drawing.values(of: $1, number: $0, page) },
    ]
    // The template is registered above.
    return library.render(values.compactMapValues(\.self), withTemplate: "page") ?? ""
  }
}

/// The parts of a page as the templates name them.
private struct PageDrawing {
  let language: Language
  let frame: PageFrame

  func address(choosing other: Language) -> String {
    "/language?" + Self.query([("to", other.rawValue), ("back", frame.address)])
  }

  /// The address of this page with one more value.
  private func address(adding name: String, _ value: String) -> String {
    frame.address + (frame.address.contains("?") ? "&" : "?") + Self.query([(name, value)])
  }

  private static func query(_ values: [(String, String)]) -> String {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._~")
    return values.map { name, value in
      name + "=" + (value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")
    }.joined(separator: "&")
  }

  func values(of part: Page.Part, number: Int, _ page: Page) -> [String: Any] {
    switch part {
    case .facts(let facts): ["facts": ["rows": facts.map(values)] as [String: Any]]
    case .table(let table): ["table": values(of: table, number)]
    case .form(let form): ["form": values(of: form, number)]
    case .note(let words, let level):
      ["note": ["text": words.text(in: language), "level": level.rawValue]]
    case .signatures(let names):
      ["signatures": ["names": names.map { $0.text(in: language) }] as [String: Any]]
    }
  }

  /// A value that is `nil` is left out: to a template it would be a text.
  private static func present(_ values: [String: Any?]) -> [String: Any] {
    values.compactMapValues(\.self)
  }

  private func values(_ fact: Page.Fact) -> [String: Any] {
    Self.present([
      "name": fact.name.text(in: language), "value": fact.value.text(in: language),
      "href": fact.href,
    ])
  }

  private func values(of table: PageTable, _ number: Int) -> [String: Any] {
    Self.present([
      "id": "table-\(number)", "caption": table.caption.text(in: language),
      "columns": table.columns.map { column in
        ["title": column.title.text(in: language), "isNumber": column.isNumber] as [String: Any]
      },
      "rows": table.rows.map { values(of: $0, table) },
      "isEmpty": table.rows.isEmpty, "empty": Words("没有。", "None.").text(in: language),
      "width": table.columns.count,
      "sums": table.sums.map { values(of: $0, table) },
      "file": address(adding: "file", table.name),
      "take": Words("下载 CSV", "Download CSV").text(in: language),
    ])
  }

  private func values(of row: PageTable.Row, _ table: PageTable) -> [String: Any] {
    [
      "level": row.level.rawValue,
      "cells": zip(row.cells, table.columns).map { cell, column in
        Self.present([
          "text": cell.words.text(in: language), "href": cell.href, "isNumber": column.isNumber,
        ])
      },
    ]
  }

  private func values(of form: PageForm, _ number: Int) -> [String: Any] {
    [
      "action": form.action, "csrf": frame.csrf, "level": form.level.rawValue,
      "button": form.button.text(in: language),
      "hidden": form.fields.filter { $0.kind == .hidden }.map {
        ["name": $0.name, "value": $0.value]
      },
      "fields": form.fields.filter { $0.kind != .hidden }.map { field in
        [
          "id": "field-\(number)-\(field.name)", "name": field.name,
          "label": field.label.text(in: language), "value": field.value,
          "type": field.kind == .password ? "password" : "text",
          "isCode": field.kind == .code, "isNeeded": field.isNeeded,
        ] as [String: Any]
      },
    ]
  }
}
