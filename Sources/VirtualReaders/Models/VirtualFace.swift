/// Who stands before a virtual face module.
package enum VirtualFace: Hashable, Sendable {
  /// Somebody whom the module knows by this number, or, if it knows no such number, a stranger.
  case person(UInt16)
  /// A photograph of them.
  case photo(UInt16)
  /// Them, with closed eyes.
  case asleep(UInt16)
  /// Somebody who has no number yet.
  case stranger
}

/// What a virtual face module does wrong, once, in place of its next answer.
package enum FaceFault: Hashable, Sendable {
  case mute
  /// Bytes that begin like a long frame.
  case garbage
  case wrongChecksum
  /// Half of the answer; the rest never comes.
  case half
  /// A success without its last byte.
  case cutShort
  /// The module says that it may not.
  case rejected
}

/// Frames of both families, cut and made apart from the driver's codec.
enum FaceWire {
  /// Takes the whole frames out of what the host sent: id and data.
  static func take(from buffer: inout [UInt8], sizeBytes: Int, hasID: Bool = true)
    -> [(id: UInt8, data: [UInt8])]
  {
    var frames: [(UInt8, [UInt8])] = []
    let head = 2 + (hasID ? 1 : 0) + sizeBytes
    while let start = zip(buffer, buffer.dropFirst()).enumerated().first(where: {
      $0.element == (0xEF, 0xAA)
    })?.offset {
      buffer.removeFirst(start)
      guard buffer.count >= head else { break }
      let size = buffer[(head - sizeBytes)..<head].reduce(0) { $0 * 256 + Int($1) }
      guard size < 4200 else {
        buffer.removeFirst()
        continue
      }
      guard buffer.count > head + size else { break }
      let checked = hasID ? buffer[2..<head + size] : buffer[head..<head + size]
      if check(checked, isSum: sizeBytes == 4) == buffer[head + size] {
        frames.append((hasID ? buffer[2] : 0, Array(buffer[head..<head + size])))
        buffer.removeFirst(head + size + 1)
      } else {
        buffer.removeFirst()
      }
    }
    return frames
  }

  static func frame(id: UInt8, _ data: [UInt8], sizeBytes: Int) -> [UInt8] {
    let size = stride(from: (sizeBytes - 1) * 8, through: 0, by: -8).map {
      UInt8(data.count >> $0 & 0xFF)
    }
    let body = [id] + size + data
    return [0xEF, 0xAA] + body + [check(body[...], isSum: sizeBytes == 4)]
  }

  private static func check(_ bytes: ArraySlice<UInt8>, isSum: Bool) -> UInt8 {
    var check: UInt8 = 0
    for byte in bytes { check = isSum ? check &+ byte : check ^ byte }
    return check
  }

  /// What a fault makes of an answer.
  static func spoil(_ frame: [UInt8], with fault: FaceFault) -> [UInt8] {
    switch fault {
    case .mute, .cutShort, .rejected: []
    case .garbage: [0x00, 0xEF, 0xAA, 0x00, 0x0F, 0xFF, 0xEF] + frame
    case .wrongChecksum: frame.dropLast() + [~(frame.last ?? 0)]
    case .half: Array(frame.prefix(frame.count / 2))
    }
  }
}
