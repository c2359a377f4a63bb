import CanteenModel
import Readers
import VirtualReaders
import VirtualTime

/// A whole device, told by the fuzzer's bytes: which one it is, what it is shown, what it says in place of
/// what it should, and when its cable is pulled. The supervisor, the drivers and the clock are the
/// product's; the time is virtual.
enum DeviceFuzz {
  /// Steps of a story; what bytes are left then is not read.
  private static let longest = 40

  static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    let specimen = input.choice(Specimen.usable)
    var steps: [DeviceStep] = []
    while !input.isEmpty, steps.count < longest { steps.append(DeviceStep(&input, specimen.kind)) }
    let told = steps
    let outcome = FuzzedCounter.run(specimen) { counter in
      counter.plug(spoilt: nil)
      for step in told { await counter.take(step) }
      return await counter.recover()
    }
    try outcome.check()
  }
}

/// What came of a story.
struct DeviceOutcome: Sendable {
  let kind: Specimen.Kind
  /// How often each thing was shown.
  var shown: [Evidence: Int] = [:]
  var presented: [Evidence] = []
  /// Its words were spoilt: what it presented need not be what was shown.
  var isGarbled = false
  /// A code was cut off.
  var isCut = false
  var lastShown: Duration?
  /// What was shown to a fresh device at the end, what came of it, and how the supervisor calls it.
  var last: Evidence?
  /// How many presentations were before it.
  var early = 0
  var afterwards: [Evidence] = []
  var word: String?
  /// How long the story was.
  var length = Duration.zero

  func check() throws(BrokenPromise) {
    try promise(length < .seconds(120), "the story took \(length)")
    for evidence in presented {
      switch evidence {
      case .card(let serial, _):
        try promise([4, 7, 10].contains(serial.count), "a serial number of \(serial.count) bytes")
        try promise(kind == .card, "a \(kind.rawValue) presented a card")
      case .code(let code):
        try promise(!code.bytes.isEmpty, "a code without bytes")
        try promise(kind == .scanner, "a \(kind.rawValue) presented a code")
      case .face(let user):
        try promise(user != 0xFFFF, "nobody in particular was presented")
        try promise(kind == .face, "a \(kind.rawValue) presented a face")
      }
    }
    if !isGarbled {
      for (evidence, times) in Dictionary(grouping: presented, by: { $0 }).mapValues(\.count) {
        let most = shown[evidence] ?? 0
        try promise(most > 0, "presented \(evidence), which nobody showed")
        // A person who stays is presented anew when the lane asks anew.
        try promise(
          kind == .face || times <= most, "\(evidence) was shown \(most), presented \(times)")
      }
    }
    try promise(word == "ready", "a fresh device is \(word ?? "not there")")
    try promise(afterwards.last == last, "a fresh device presented \(afterwards)")
  }
}
