/// A declaration in a Swift file, as far as braces and keywords show it.
struct Declaration: Equatable {
  enum Kind: String {
    case structure = "struct"
    case classType = "class"
    case enumeration = "enum"
    case actor, `protocol`, `extension`, `typealias`
    case function = "func"
    case initialiser = "init"
    case deinitialiser = "deinit"
    case `subscript`
    /// Only those outside of functions.
    case variable = "var"

    var isType: Bool {
      switch self {
      case .structure, .classType, .enumeration, .actor, .protocol: true
      default: false
      }
    }

    /// Whether it is code that runs, and so has a length to watch.
    var isFunction: Bool {
      switch self {
      case .function, .initialiser, .deinitialiser, .subscript, .variable: true
      default: false
      }
    }
  }

  let kind: Kind
  /// An operator's name is its characters; an initialiser is `init`.
  let name: String
  /// `package`, `static`, `mutating`, …; without attributes.
  let modifiers: Set<String>
  /// What it is declared in; `nil` at the top of the file and inside of other braces.
  let parent: Kind?
  /// Where its first modifier or attribute stands.
  let firstLine: Int
  /// Of the keyword.
  let line: Int
  /// Everything between keyword and body, as tokens.
  var header: [String] = []
  /// The tokens of the body, without the braces; `nil` without a body.
  var body: Range<Int>?
  /// Of the closing brace; the keyword's line without a body.
  var lastLine: Int

  var lineCount: Int { lastLine - line + 1 }

  /// The name with the labels of the parameters: `hash(into:)`.
  var signature: String {
    var labels = ""
    var depth = 0
    var isLabel = false
    for (index, token) in header.enumerated() {
      switch token {
      case ">" where index > 0 && header[index - 1] == "-": break  // an arrow
      case "(", "[", "<":
        depth += 1
        isLabel = depth == 1 && token == "("
      case ")", "]", ">":
        depth -= 1
        if depth == 0, token == ")" { return "\(name)(\(labels))" }
      case ",": isLabel = depth == 1
      default:
        if isLabel, depth == 1 { labels += "\(token):" }
        isLabel = false
      }
    }
    return name
  }

  /// Whether another target can see it.
  var crossesTargets: Bool {
    !modifiers.isDisjoint(with: ["package", "public", "open"])
  }
}
