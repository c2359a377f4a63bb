import Foundation

/// A client of pcscd through its own library, as every program of the field talks to a card reader. The library
/// is loaded when it is used: only a guest has it. Source: PC/SC Lite, `winscard.h` and `pcsclite.h`.
final class PCSCClient {
  /// An open connection to a card.
  struct Card {
    fileprivate let handle: Int
    fileprivate let activeProtocol: UInt
    fileprivate let transmit: Transmit
    fileprivate var answer = [UInt8](repeating: 0, count: 300)

    /// An APDU and its answer.
    mutating func transmit(_ command: [UInt8]) throws(LaboratoryError) -> [UInt8] {
      var length = UInt(answer.count)
      // `SCARD_IO_REQUEST`: with its own length.
      var header = (activeProtocol, UInt(16))
      let code = withUnsafePointer(to: &header) { header in
        transmit(handle, header, command, UInt(command.count), nil, &answer, &length)
      }
      try PCSCClient.check(code, "SCardTransmit")
      return Array(answer.prefix(Int(length)))
    }
  }

  /// `SCARD_READERSTATE`.
  private struct ReaderState {
    var reader: UnsafePointer<CChar>?
    var userData: UnsafeMutableRawPointer?
    var current: UInt = 0
    var event: UInt = 0
    var answerLength: UInt = 0
    /// 33 bytes, and 7 that fill the last word.
    var answer: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
  }

  private typealias Establish =
    @convention(c) (
      UInt, UnsafeRawPointer?, UnsafeRawPointer?, UnsafeMutablePointer<Int>
    ) -> Int
  private typealias Release = @convention(c) (Int) -> Int
  private typealias ListReaders =
    @convention(c) (
      Int, UnsafePointer<CChar>?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<UInt>
    ) -> Int
  private typealias StatusChange = @convention(c) (Int, UInt, UnsafeMutableRawPointer, UInt) -> Int
  private typealias Connect =
    @convention(c) (
      Int, UnsafePointer<CChar>, UInt, UInt, UnsafeMutablePointer<Int>, UnsafeMutablePointer<UInt>
    ) -> Int
  private typealias Disconnect = @convention(c) (Int, UInt) -> Int
  fileprivate typealias Transmit =
    @convention(c) (
      Int, UnsafeRawPointer, UnsafePointer<UInt8>, UInt, UnsafeMutableRawPointer?,
      UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt>
    ) -> Int

  private static let present: UInt = 0x20
  private static let changed: UInt = 0x02
  private static let systemScope: UInt = 2
  private static let shared: UInt = 2
  /// T=0 or T=1.
  private static let anyProtocol: UInt = 3
  private static let leave: UInt = 0

  private let library: UnsafeMutableRawPointer
  private let context: Int

  /// - Throws: ``LaboratoryError/program(_:)`` without the library, or without a pcscd that runs.
  init() throws(LaboratoryError) {
    guard let library = dlopen("libpcsclite.so.1", RTLD_NOW) else {
      throw .program("there is no libpcsclite.so.1")
    }
    self.library = library
    var context = 0
    let establish: Establish = try Self.function("SCardEstablishContext", of: library)
    try Self.check(establish(Self.systemScope, nil, nil, &context), "SCardEstablishContext")
    self.context = context
  }

  deinit {
    // try?: it was there when the context was made.
    let release: Release? = try? Self.function("SCardReleaseContext", of: library)
    _ = release?(context)
  }

  private static func function<Function>(
    _ name: String, of library: UnsafeMutableRawPointer
  ) throws(LaboratoryError) -> Function {
    guard let symbol = dlsym(library, name) else {
      throw .program("libpcsclite has no \(name)")
    }
    return unsafeBitCast(symbol, to: Function.self)
  }

  fileprivate static func check(_ code: Int, _ function: String) throws(LaboratoryError) {
    guard code == 0 else {
      let digits = String(UInt32(truncatingIfNeeded: code), radix: 16)
      throw .program("\(function): 0x\(digits)")
    }
  }

  /// The name of the first reader; `nil` while there is none.
  func firstReader() throws(LaboratoryError) -> String? {
    let list: ListReaders = try Self.function("SCardListReaders", of: library)
    var names = [CChar](repeating: 0, count: 1024)
    var length = UInt(names.count)
    guard list(context, nil, &names, &length) == 0 else { return nil }
    let name = names.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
  }

  /// Waits until a card lies on a reader, or none does. Blocks its thread.
  func waitForCard(_ isPresent: Bool, on reader: String) throws(LaboratoryError) {
    let statusChange: StatusChange = try Self.function("SCardGetStatusChange", of: library)
    var state = ReaderState()
    let code = reader.withCString { name in
      state.reader = name
      while true {
        let code = withUnsafeMutablePointer(to: &state) { statusChange(context, 20_000, $0, 1) }
        if code != 0 || (state.event & Self.present != 0) == isPresent { return code }
        state.current = state.event & ~Self.changed
      }
    }
    try Self.check(code, "SCardGetStatusChange")
  }

  /// Connects to the card that lies on a reader.
  func connect(_ reader: String) throws(LaboratoryError) -> Card {
    let connect: Connect = try Self.function("SCardConnect", of: library)
    var (card, activeProtocol) = (0, UInt(0))
    let code = reader.withCString {
      connect(context, $0, Self.shared, Self.anyProtocol, &card, &activeProtocol)
    }
    try Self.check(code, "SCardConnect")
    return Card(
      handle: card, activeProtocol: activeProtocol,
      transmit: try Self.function("SCardTransmit", of: library))
  }

  func disconnect(_ card: Card) throws(LaboratoryError) {
    let disconnect: Disconnect = try Self.function("SCardDisconnect", of: library)
    try Self.check(disconnect(card.handle, Self.leave), "SCardDisconnect")
  }
}
