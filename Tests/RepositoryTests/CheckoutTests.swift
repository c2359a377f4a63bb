import Testing

/// The checkout that this file was compiled from keeps every rule. Each rule's own tests show that it
/// reports what it should.
@Suite struct CheckoutTests {
  @Test("the walk sees the repository: the manifest, the sources, this file")
  func walk() throws {
    let paths = Set(try Checkout.here.get().files.map(\.path))
    #expect(paths.contains("Package.swift"))
    #expect(paths.contains("Sources/CanteenModel/Fen.swift"))
    #expect(paths.contains("Tests/RepositoryTests/CheckoutTests.swift"))
    #expect(!paths.contains { $0.hasPrefix(".build") || $0.hasPrefix(".git/") })
  }

  @Test("imports point down the house, and confined modules stay in their room")
  func imports() throws {
    ImportRule.findings(in: try Checkout.here.get()).report()
  }

  @Test("targets declare what they import, and nothing more")
  func manifest() throws {
    ManifestRule.findings(in: try Checkout.here.get()).report()
  }

  @Test("the manifest rule sees every target that has a folder")
  func everyTarget() throws {
    let checkout = try Checkout.here.get()
    let source = try #require(checkout.swift.first { $0.path == Manifest.path })
    let declared = Set(Manifest(source).targets.map(\.name))
    #expect(Set(checkout.swift.compactMap(\.target)).subtracting(declared).isEmpty)
  }

  @Test("the cores know no clock, no randomness, no tasks and no floating point")
  func coreWords() throws {
    CoreWordsRule.findings(in: try Checkout.here.get()).report()
  }

  @Test("files, functions and main files stay within their length")
  func lengths() throws {
    LengthRule.findings(in: try Checkout.here.get()).report()
  }

  @Test("what other targets can use is documented")
  func documentation() throws {
    DocumentationRule.findings(in: try Checkout.here.get()).report()
  }

  @Test("every check that is switched off has its reason beside it")
  func reasons() throws {
    ReasonRule.findings(in: try Checkout.here.get()).report()
  }

  @Test("every reader that the code knows is in the udev rules and in the firmware notes")
  func readers() throws {
    ReaderListRule.findings(in: try Checkout.here.get()).report()
  }

  @Test("the C peer of the benchmark runs the journal's own SQL, on a database opened alike")
  func peer() throws {
    let checkout = try Checkout.here.get()
    let paths = Set(checkout.files.map(\.path))
    #expect(paths.isSuperset(of: [PeerRule.statements, PeerRule.program, PeerRule.settings]))
    PeerRule.findings(in: checkout).report()
  }

  @Test("a planted bug is compiled into debug builds only")
  func seededBugs() throws {
    let checkout = try Checkout.here.get()
    #expect(checkout.swift.contains { $0.tokens.contains { $0.text == SeededBugRule.condition } })
    SeededBugRule.findings(in: checkout).report()
  }

  @Test("no file names a place of one machine, an unknown host or a private key")
  func plainText() throws {
    PlainTextRule.findings(in: try Checkout.here.get()).report()
  }

  @Test("a stop has its limits in the program, and its unit waits longer than they are")
  func stops() throws {
    StopRule.findings(in: try Checkout.here.get()).report()
  }
}
