import CanteenModel
import Foundation
import LocalAPI
import VirtualReaders

/// A counter in a terminal window: cards are tapped, codes scanned and faces shown by key, on the virtual
/// bus of another program, and the screen shows what the terminal makes of it.
package final class Counter {
  private let busPath: String
  private let terminal: LocalClient
  private var screen: CounterScreen
  private var lastResult: String?
  private var pulled: [Specimen.Kind: PluggedReader] = [:]

  /// - Parameters:
  ///   - busPath: The control socket of the virtual bus.
  ///   - socketPath: The local socket of canteend.
  package init(busPath: String, socketPath: String) {
    self.busPath = busPath
    terminal = LocalClient(socketPath: socketPath, patience: .seconds(2))
    screen = CounterScreen(diners: Array(Guests(count: 9).regulars))
  }

  /// Between two looks at the terminal.
  private static let period = Duration.milliseconds(200)

  /// Shows the screen and obeys the keys until `q`.
  ///
  /// - Throws: ``LaboratoryError`` when standard input is no terminal, and when no bus answers.
  package func run() async throws {
    _ = try BusControl.ask(.readers, path: busPath)
    let keyboard = try RawKeyboard()
    defer { keyboard.restore() }
    print("\u{1B}[?1049h\u{1B}[?25l", terminator: "")
    defer { print("\u{1B}[?25h\u{1B}[?1049l", terminator: "") }
    while true {
      await refresh()
      draw()
      for key in keyboard.pressed() {
        if key == UInt8(ascii: "q") || key == 3 { return }
        act(on: key)
      }
      // try?: cancelled, the next key ends it.
      try? await Task.sleep(for: Self.period)
    }
  }

  private func refresh() async {
    // try?: what does not answer is shown as missing.
    screen.status = try? await terminal.status()
    // try?: as above.
    screen.readers = (try? BusControl.ask(.readers, path: busPath).readers) ?? []
    let result = screen.status?.lanes.first?.lastResult
    if let result, result != lastResult, screen.status?.lanes.first?.state == "showing" {
      note("→ \(result)")
    }
    lastResult = result
  }

  private func draw() {
    print("\u{1B}[H" + screen.lines.joined(separator: "\r\n") + "\u{1B}[J", terminator: "")
    fflush(nil)
  }

  private func note(_ text: String) {
    let time = Date.now.formatted(
      Date.ISO8601FormatStyle(timeZone: .current).time(includingFractionalSeconds: false))
    screen.log.append("\(time)  \(text)")
    if screen.log.count > 100 { screen.log.removeFirst(50) }
  }

  private func act(on key: UInt8) {
    let diner = screen.diners[screen.chosen]
    switch Character(UnicodeScalar(key)) {
    case let digit where ("1"..."9").contains(digit):
      let index = Int(key - UInt8(ascii: "1"))
      if index < screen.diners.count { screen.chosen = index }
    case "c":
      ask(.card, "\(diner.name) lays a card on the reader") {
        .tap(port: $0, serial: Hexadecimal.text(diner.card))
      }
    case "s":
      ask(.scanner, "\(diner.name) shows a code") { .scan(port: $0, text: diner.code) }
    case "f":
      ask(.face, "\(diner.name) looks into the camera") { .face(port: $0, user: diner.face) }
    case "r":
      for reader in screen.readers {
        // try?: a reader that was pulled meanwhile shows nothing anyway.
        _ = try? BusControl.ask(.takeAway(port: reader.port), path: busPath)
      }
      note("everything is taken away")
    case "C": pullOrPlug(.card)
    case "S": pullOrPlug(.scanner)
    case "F": pullOrPlug(.face)
    default: break
    }
  }

  private func ask(
    _ kind: Specimen.Kind, _ words: String, _ request: (String) -> BusRequest
  ) {
    guard let reader = screen.readers.first(where: { $0.kind == kind }) else {
      return note("no \(kind.words) is plugged in")
    }
    do {
      _ = try BusControl.ask(request(reader.port), path: busPath)
      note(words)
    } catch {
      note("\(error)")
    }
  }

  private func pullOrPlug(_ kind: Specimen.Kind) {
    do {
      if let reader = screen.readers.first(where: { $0.kind == kind }) {
        _ = try BusControl.ask(.unplug(port: reader.port), path: busPath)
        pulled[kind] = reader
        note("the cable of the \(kind.words) is pulled out")
      } else if let reader = pulled.removeValue(forKey: kind) {
        _ = try BusControl.ask(.plug(port: reader.port, model: reader.name), path: busPath)
        note("the \(kind.words) is plugged in again")
      }
    } catch {
      note("\(error)")
    }
  }
}

/// The keys of standard input, one by one and without echo.
private struct RawKeyboard {
  private let earlier: termios

  init() throws(LaboratoryError) {
    var settings = termios()
    guard tcgetattr(0, &settings) == 0 else {
      throw .broken("standard input is no terminal: run the counter in a terminal window")
    }
    earlier = settings
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
    tcsetattr(0, TCSANOW, &settings)
    _ = fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK)
  }

  /// What was pressed since the last call.
  func pressed() -> [UInt8] {
    var keys = [UInt8](repeating: 0, count: 64)
    let count = read(0, &keys, keys.count)
    return Array(keys.prefix(max(0, count)))
  }

  func restore() {
    var settings = earlier
    tcsetattr(0, TCSANOW, &settings)
    _ = fcntl(0, F_SETFL, fcntl(0, F_GETFL) & ~O_NONBLOCK)
  }
}

extension Specimen.Kind {
  /// For people.
  fileprivate var words: String {
    switch self {
    case .card: "card reader"
    case .scanner: "scanner"
    case .face: "face module"
    }
  }
}
