/// An HLK-TX510. Source: section 6.5 of our reference. It counts its users from 0, looks for a face by itself
/// after its start, cannot be stopped, and does not answer what it does not know.
package struct FaceModuleBPeripheral: SerialPeripheral {
  package private(set) var users: Set<UInt16>
  /// It says nothing at all.
  package var isMute = false
  /// Commands that it understood since it was made, by their id.
  package private(set) var heard: [UInt8] = []
  private var standing: VirtualFace?
  private var isLooking = true
  private var faults: [FaceFault] = []
  private var buffer: [UInt8] = []

  package init(users: Set<UInt16> = []) {
    self.users = users
  }

  /// See ``SerialPeripheral``. It has a power supply of its own.
  package mutating func reset() -> [SerialWord] { [] }

  /// See ``SerialPeripheral``.
  package mutating func received(_ bytes: [UInt8]) -> [SerialWord] {
    buffer += bytes
    var words: [SerialWord] = []
    for frame in FaceWire.take(from: &buffer, sizeBytes: 4) {
      words += answer(id: frame.id, frame.data)
    }
    return words
  }

  /// See ``SerialPeripheral``: a person steps in front of it.
  package mutating func show(_ showing: Showing) -> [SerialWord] {
    guard case .face(let user) = showing else { return [] }
    return show(.person(user))
  }

  /// See ``SerialPeripheral``: nobody stands there any more.
  package mutating func takeAway() -> [SerialWord] { show(VirtualFace?.none) }

  /// Somebody comes, or goes.
  package mutating func show(_ face: VirtualFace?) -> [SerialWord] {
    standing = face
    return isLooking ? look() : []
  }

  /// The recognition has lasted long enough.
  package mutating func timeOut() -> [SerialWord] {
    guard isLooking else { return [] }
    isLooking = false
    return reply(to: 0x12, 1)
  }

  /// Its next answer is spoilt, after those that were asked for before.
  package mutating func inject(_ fault: FaceFault) -> [SerialWord] {
    faults.append(fault)
    return []
  }

  private mutating func reply(to id: UInt8, _ result: UInt8, _ payload: [UInt8] = [])
    -> [SerialWord]
  {
    if isMute { return [] }
    let frame = FaceWire.frame(id: 0, [id, result] + payload, sizeBytes: 4)
    guard !faults.isEmpty else { return [SerialWord(frame)] }
    return [SerialWord(FaceWire.spoil(frame, with: faults.removeFirst()))]
  }

  private mutating func answer(id: UInt8, _ data: [UInt8]) -> [SerialWord] {
    heard.append(id)
    switch (id, data.count) {
    case (0x12, 0):
      isLooking = true
      return look()
    case (0x13, 0): return learn()
    case (0x20, 2):
      return reply(to: 0x20, users.remove(UInt16(data[0]) * 256 + UInt16(data[1])) == nil ? 8 : 0)
    case (0x21, 0):
      users = []
      return reply(to: 0x21, 0)
    case (0x30, 0): return reply(to: 0x30, 0, Array("TX510 V1.0".utf8))
    case (0xC4, 0):
      let list = users.sorted().flatMap { bytes($0) }
      return reply(to: 0xC4, 0, bytes(UInt16(users.count)) + list)
    default: return []
    }
  }

  private mutating func look() -> [SerialWord] {
    guard let standing else { return [] }
    isLooking = false
    switch standing {
    case .photo: return reply(to: 0x12, 6)
    case .asleep: return reply(to: 0x12, 7)
    case .stranger: return reply(to: 0x12, 8)
    case .person(let user):
      return users.contains(user) ? reply(to: 0x12, 0, bytes(user)) : reply(to: 0x12, 8)
    }
  }

  private mutating func learn() -> [SerialWord] {
    switch standing {
    case nil: return reply(to: 0x13, 1)
    case .photo, .asleep: return reply(to: 0x13, 6)
    case .person(let user) where users.contains(user): return reply(to: 0x13, 9)
    case .person, .stranger: break
    }
    let user = (0...UInt16.max).first { !users.contains($0) } ?? 0
    users.insert(user)
    standing = .person(user)
    return reply(to: 0x13, 0, bytes(user))
  }

  private func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
}
