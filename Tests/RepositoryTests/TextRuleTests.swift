import Testing

/// Bad examples for the rules about readers and plain text, each next to a good one.
@Suite struct TextRuleTests {
  private let code = "let a = Quirk(vendor: 0x072F, product: 0x2200)\n"
  private let rule = """
    SUBSYSTEM=="usb", ATTR{idVendor}=="072f", ATTR{idProduct}=="2200", GROUP="canteen"

    """

  private static let evidence = "Tests/ReadersTests/Fixtures/072f-2200-a/README.md"

  @Test("a reader without a udev rule, notes and evidence is reported for each")
  func unknownReader() {
    let checkout = Checkout(["Sources/Readers/Card/Quirks.swift": code])
    #expect(ReaderListRule.findings(in: checkout).map(\.line) == [1, 1, 1])
  }

  @Test(
    "a reader that one of the three places does not know is reported once",
    arguments: ["udev-rules/70-canteen.rules", "firmware-notes.md", evidence])
  func halfKnownReader(path: String) {
    var files = [
      "Sources/Readers/Card/README.md": "| `072f:2200` |\n", "udev-rules/70-canteen.rules": rule,
      "firmware-notes.md": "072F:2200 is fine\n", Self.evidence: "- `072F:2200` it\n",
    ]
    files[path] = ""
    #expect(ReaderListRule.findings(in: Checkout(files)).count == 1)
  }

  @Test("vendor and product of different udev rules do not make a reader known")
  func splitRule() {
    let split = """
      ATTR{idVendor}=="072f", ATTR{idProduct}=="0001"
      ATTR{idVendor}=="0001", ATTR{idProduct}=="2200"
      """
    let checkout = Checkout([
      "Sources/Readers/A.swift": code, "udev-rules/a.rules": split,
      "firmware-notes.md": "072F:2200", Self.evidence: "- `072F:2200`",
    ])
    #expect(ReaderListRule.findings(in: checkout).count == 1)
  }

  @Test("a reader that all places know is fine")
  func knownReader() {
    let checkout = Checkout([
      "Sources/Readers/A.swift": code, "udev-rules/a.rules": rule, "firmware-notes.md": "072F:2200",
      Self.evidence: "- `072F:2200`",
    ])
    #expect(ReaderListRule.findings(in: checkout).isEmpty)
  }

  @Test("a statement of the C peer that the journal does not run is reported")
  func driftingPeer() {
    let journal = """
      let sql = \"\"\"
        -- What was sold.
        SELECT a, b
        FROM sale WHERE c = ?
        \"\"\"
      """
    func findings(_ macros: String) -> [Finding] {
      PeerRule.findings(
        in: Checkout(["Sources/Journal/A.swift": journal, PeerRule.statements: macros]))
    }
    #expect(findings("#define A \"SELECT a, b\" \\\n  \" FROM sale WHERE c = ?\"\n").isEmpty)
    let bad = "#define A \"SELECT a, b FROM sale\"\n#define B \\\n  \"SELECT b FROM sale\"\n"
    #expect(findings(bad).map(\.line) == [2])
  }

  @Test("a pragma of the C peer that the journal does not set is reported")
  func driftingPragma() {
    func findings(_ value: String) -> [Finding] {
      let list = "[(\"locking_mode\", \"EXCLUSIVE\"), (\"synchronous\", \"FULL\")]"
      let peer = "{{\"locking_mode\", \"EXCLUSIVE\"}, {\"synchronous\", \"\(value)\"}}"
      return PeerRule.findings(
        in: Checkout([
          PeerRule.settings: list + "; f(\"A\")", PeerRule.program: peer + "; f(\"B\")",
        ]))
    }
    #expect(findings("FULL").isEmpty)
    #expect(findings("NORMAL").count == 1)
  }

  @Test("a place of one machine is reported", arguments: PlainTextRule.machineFolders)
  func machineFolder(folder: String) {
    for text in ["cd \(folder)x", "\"\(folder)\"", "\(folder)x"] {
      #expect(PlainTextRule.findings(in: Checkout(["a.sh": text])).count == 1, "\(text)")
    }
    for text in ["Sources\(folder)x", "$TOP\(folder)x", "${TOP}\(folder)x"] {
      #expect(PlainTextRule.findings(in: Checkout(["a.sh": text])).isEmpty, "\(text)")
    }
  }

  @Test("a host that is not on the list is reported")
  func host() {
    let scheme = "https" + "://"
    let bad = Checkout(["a.md": "a\n\(scheme)packages.example.com/x\n"])
    #expect(PlainTextRule.findings(in: bad).map(\.line) == [2])
    let good = Checkout(["a.md": "\(scheme)github.com/apple/swift-log http://127.0.0.1:8080/\n"])
    #expect(PlainTextRule.findings(in: good).isEmpty)
  }

  @Test("a private key is reported", arguments: ["", "EC ", "OPENSSH "])
  func privateKey(kind: String) {
    let text = "-----BEGIN \(kind)PRIVATE" + " KEY-----\n"
    #expect(PlainTextRule.findings(in: Checkout(["a.pem": text])).count == 1)
    #expect(PlainTextRule.findings(in: Checkout(["a.pem": "-----BEGIN PUBLIC KEY-----"])).isEmpty)
  }
}
