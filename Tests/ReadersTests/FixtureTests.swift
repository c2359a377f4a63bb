import CanteenModel
import Foundation
import Readers
import Testing

/// The evidence folders: one a device, with descriptors, traffic and the expected result.
@Suite struct FixtureTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  private static let devices = ["072f-2200-acs-acr122u", "076b-5022-hid-omnikey-5022-cl"]

  /// The lines of a file without comments and empty ones.
  private static func lines(_ device: String, _ file: String) throws -> [String] {
    let url = folder.appendingPathComponent(device).appendingPathComponent(file)
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
      .map(String.init).filter { !$0.hasPrefix("#") }
  }

  @Test("a device's descriptor has the expected level and room", arguments: devices)
  func descriptors(device: String) throws {
    let bytes = hex(try Self.lines(device, "functional.txt").joined())
    let descriptor = try CCIDFunctionalDescriptor(bytes)
    let level = descriptor.features.exchangeLevel.rawValue
    let expected = try Self.lines(device, "answers.txt").first
    #expect(expected == "level \(level), payload \(descriptor.maximumPayload)")
  }

  @Test("a device's traffic is encoded and read as expected", arguments: devices)
  func traffic(device: String) throws {
    let traffic = try Self.lines(device, "messages.txt")
    let expected = try Self.lines(device, "answers.txt").dropFirst()
    #expect(traffic.count == 2 * expected.count)
    for (index, line) in expected.enumerated() {
      let sent = hex(String(traffic[2 * index].dropFirst(2)))
      let received = hex(String(traffic[2 * index + 1].dropFirst(2)))
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      let command = try #require(Self.command(fields[0]))
      #expect(command.message(slot: 0, sequence: sent[6]) == sent)
      let answer = try CCIDAnswer(received)
      #expect(answer.sequence == sent[6])
      #expect("card \(answer.card)" == fields[1])
      #expect("\(answer.command)" == fields[2])
      #expect(Hexadecimal.text(answer.payload) == fields[3])
    }
  }

  /// A command by its name in an expectation.
  private static func command(_ text: String) -> CCIDCommand? {
    let words = text.split(separator: " ")
    let payload = words.count == 2 ? Hexadecimal.bytes(words[1]) : []
    guard let name = words.first, let payload else { return nil }
    switch name {
    case "slotStatus": return .getSlotStatus
    case "powerOn": return .iccPowerOn(.automatic)
    case "escape": return .escape(payload)
    case "transfer": return .transferBlock(payload)
    case "first": return .transferBlock(payload, chain: .first)
    default: return nil
    }
  }
}
