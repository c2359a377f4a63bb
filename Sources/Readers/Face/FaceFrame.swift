/// A message to or from a module, without what carries it.
package struct FaceFrame: Equatable, Sendable {
  /// The longest data that is believed: the longest chunk of an image has 4000 bytes.
  package static let longestData = 4096
  package static let sync: [UInt8] = [0xEF, 0xAA]

  package let id: UInt8
  /// At most ``longestData`` bytes.
  package let data: [UInt8]

  /// - Precondition: At most ``longestData`` bytes.
  package init(id: UInt8, data: [UInt8] = []) {
    precondition(data.count <= Self.longestData, "a frame of a face module has 4096 bytes at most")
    self.id = id
    self.data = data
  }

  /// On the line.
  package func bytes(_ framing: FaceFraming) -> [UInt8] {
    switch framing {
    case .xor, .sum:
      let size = bigEndian(data.count, width: framing.sizeWidth)
      let checked = [id] + size + data
      return Self.sync + checked + [framing.checksum(checked[...])]
    case .sealed(let cipher):
      let text = [id] + bigEndian(data.count, width: 2) + data
      let sealed = cipher.encrypt(text)
      let checksum = framing.checksum(sealed[...])
      return Self.sync + bigEndian(sealed.count, width: 2) + sealed + [checksum]
    }
  }

  private func bigEndian(_ number: Int, width: Int) -> [UInt8] {
    (0..<width).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }
}

/// How frames are cut and checked.
package enum FaceFraming: Equatable, Sendable {
  /// `EF AA` id size(2) data, and the XOR of all but the sync.
  case xor
  /// `EF AA` id size(4) data, and the sum of all but the sync.
  case sum
  /// `EF AA` size(2) ciphertext, and its XOR; id and size are in the ciphertext.
  case sealed(FaceCipher)

  var sizeWidth: Int { self == .sum ? 4 : 2 }

  /// Whether the id stands before the size.
  var hasPlainID: Bool {
    switch self {
    case .xor, .sum: true
    case .sealed: false
    }
  }

  func checksum(_ bytes: ArraySlice<UInt8>) -> UInt8 {
    self == .sum ? bytes.reduce(0, &+) : bytes.reduce(0, ^)
  }
}

/// Cuts a stream of bytes into frames. Whatever the bytes are, it goes on with the next sync after a frame
/// that does not hold, and keeps no more than one frame.
package struct FaceFrameParser: Sendable {
  /// Changing it counts from the next byte that is not part of a frame yet.
  package var framing: FaceFraming
  private var buffer: [UInt8] = []

  private enum Candidate {
    case none, incomplete
    case frame(FaceFrame, end: Int)
  }

  package init(framing: FaceFraming) {
    self.framing = framing
  }

  /// A frame has begun and not ended.
  package var isInFrame: Bool { !buffer.isEmpty }
  /// Bytes that are kept: less than the longest frame.
  package var kept: Int { buffer.count }

  /// - Returns: The frames that these bytes complete.
  package mutating func append(_ bytes: some Sequence<UInt8>) -> [FaceFrame] {
    buffer += bytes
    return take(isLast: false)
  }

  /// Nothing more comes: what looked like the beginning of a long frame was none, or is lost. Frames
  /// behind it are found.
  package mutating func giveUp() -> [FaceFrame] { take(isLast: true) }

  private mutating func take(isLast: Bool) -> [FaceFrame] {
    var frames: [FaceFrame] = []
    var start = 0
    scan: while start < buffer.count {
      switch candidate(at: start) {
      case .none:
        #if SEEDED_BUGS
          if SeededCodecBug.planted == .noiseIsReadForEver, isInSync(at: start) { continue scan }
        #endif
        start += 1
      case .incomplete:
        guard isLast else { break scan }
        start += 1
      case .frame(let frame, let end):
        frames.append(frame)
        start = end
      }
    }
    buffer.removeFirst(start)
    return frames
  }

  #if SEEDED_BUGS
    private func isInSync(at start: Int) -> Bool { buffer[start...].starts(with: FaceFrame.sync) }
  #endif

  private func candidate(at start: Int) -> Candidate {
    guard buffer[start] == FaceFrame.sync[0] else { return .none }
    guard start + 1 < buffer.count else { return .incomplete }
    guard buffer[start + 1] == FaceFrame.sync[1] else { return .none }
    let body = start + FaceFrame.sync.count
    let sizeStart = body + (framing.hasPlainID ? 1 : 0)
    let sizeEnd = sizeStart + framing.sizeWidth
    guard sizeEnd <= buffer.count else { return .incomplete }
    let size = buffer[sizeStart..<sizeEnd].reduce(0) { $0 << 8 | Int($1) }
    guard size <= limit else { return .none }
    let end = sizeEnd + size
    guard end < buffer.count else { return .incomplete }
    let checked = framing.hasPlainID ? buffer[body..<end] : buffer[sizeEnd..<end]
    var isSound = buffer[end] == framing.checksum(checked)
    #if SEEDED_BUGS
      if SeededCodecBug.planted == .checksumIsIgnored { isSound = true }
    #endif
    guard isSound else { return .none }
    let data = Array(buffer[sizeEnd..<end])
    guard case .sealed(let cipher) = framing else {
      return .frame(FaceFrame(id: buffer[body], data: data), end: end + 1)
    }
    return cipher.open(data).map { .frame($0, end: end + 1) } ?? .none
  }

  /// A sealed frame carries id, size and padding, too.
  private var limit: Int {
    framing.hasPlainID ? FaceFrame.longestData : FaceFrame.longestData + FaceCipher.blockSize
  }
}
