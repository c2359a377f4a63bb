/// A face module of the `EF AA` family with sizes of 2 bytes (HLK-FM22x and others). Sources: section 6.1 to
/// 6.3 of our reference.
///
/// A recognition goes on until somebody stands there, it is stopped, or its time is over.
package struct FaceModuleAPeripheral: SerialPeripheral {
  /// Who is known, with their names.
  package var users: [UInt16: String]
  /// It knows everybody, as number `FFFF`.
  package var isDemo = false
  /// Its notes carry the user's number, and have 19 bytes.
  package var hasLongNotes = false
  /// It says nothing at all.
  package var isMute = false
  /// The result of `start encryption`; 0 starts it.
  package var encryptionResult: UInt8 = 0
  /// Commands that it understood since it was made, by their id.
  package private(set) var heard: [UInt8] = []
  private var standing: VirtualFace?
  private var isVerifying = false
  /// Recognitions since it was made.
  private var rounds: UInt64 = 0
  private var views: UInt8 = 0
  private var faults: [FaceFault] = []
  private var buffer: [UInt8] = []
  private var cipher: FaceWireCipher?

  package init(users: [UInt16: String] = [:]) {
    self.users = users
  }

  /// Whether it looks for a face now.
  package var isLooking: Bool { isVerifying }
  /// Whether its frames are enciphered.
  package var isEnciphering: Bool { cipher != nil }

  /// See ``SerialPeripheral``. It has a power supply of its own.
  package mutating func reset() -> [SerialWord] { [] }

  /// See ``SerialPeripheral``.
  package mutating func received(_ bytes: [UInt8]) -> [SerialWord] {
    buffer += bytes
    var words: [SerialWord] = []
    if let cipher {
      var rest = buffer
      let sealed = FaceWire.take(from: &rest, sizeBytes: 2, hasID: false)
      for frame in sealed {
        guard let text = cipher.open(frame.data) else { continue }
        words += answer(id: text.id, text.data)
      }
      if !sealed.isEmpty { buffer = rest }
    }
    // The start of an encryption is always understood.
    for frame in FaceWire.take(from: &buffer, sizeBytes: 2)
    where cipher == nil || frame.id == 0x50 {
      words += answer(id: frame.id, frame.data)
    }
    return isMute ? [] : words
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
    return isVerifying ? look() : []
  }

  /// The recognition has lasted long enough.
  package mutating func timeOut() -> [SerialWord] {
    guard isVerifying else { return [] }
    isVerifying = false
    return reply(to: 0x12, 0x0D)
  }

  /// See ``SerialPeripheral``: the time of a recognition is over, if it still goes on.
  package mutating func alarm(_ number: UInt64) -> [SerialWord] {
    number == rounds ? timeOut() : []
  }

  /// It notes how the face stands.
  package func note(_ state: UInt8) -> [SerialWord] {
    let numbers: [UInt8] = [state, 0, 0, 0, 0x52, 0, 0xE6, 0, 0x22, 1]
    let user: [UInt8] = hasLongNotes ? [7, 0] : []
    return say(0x01, [0x01] + numbers + user + [0xDC, 0x01, 0xF9, 0xFF, 0x0A, 0])
  }

  /// It loses its power and starts anew.
  package mutating func restart() -> [SerialWord] {
    (isVerifying, cipher, buffer, views) = (false, nil, [], 0)
    return say(0x01, [0x00])
  }

  /// Its next answer is spoilt, after those that were asked for before.
  package mutating func inject(_ fault: FaceFault) -> [SerialWord] {
    faults.append(fault)
    return []
  }

  private func say(_ id: UInt8, _ data: [UInt8]) -> [SerialWord] {
    if isMute { return [] }
    if let cipher { return [SerialWord(cipher.frame(id, data))] }
    return [SerialWord(FaceWire.frame(id: id, data, sizeBytes: 2))]
  }

  private mutating func reply(to id: UInt8, _ result: UInt8, _ payload: [UInt8] = [])
    -> [SerialWord]
  {
    guard !faults.isEmpty else { return say(0x00, [id, result] + payload) }
    switch faults.removeFirst() {
    case .cutShort: return say(0x00, [id, result] + payload.dropLast())
    case .rejected: return say(0x00, [id, 0x01])
    case let fault:
      return say(0x00, [id, result] + payload).map {
        SerialWord(FaceWire.spoil($0.bytes, with: fault))
      }
    }
  }
}

// MARK: - Commands

extension FaceModuleAPeripheral {
  private mutating func answer(id: UInt8, _ data: [UInt8]) -> [SerialWord] {
    heard.append(id)
    switch (id, data.count) {
    case (0x10, 0):
      let stopped = isVerifying ? reply(to: 0x12, 0x02) : []
      isVerifying = false
      return stopped + reply(to: 0x10, 0)
    case (0x11, 0): return reply(to: 0x11, 0, [isVerifying ? 1 : 0])
    case (0x12, 2):
      guard !isVerifying else { return reply(to: 0x12, 1) }
      isVerifying = true
      rounds += 1
      return look() + [SerialWord(alarm: rounds, after: .seconds(data[1]))]
    case (0x13, 35): return learn(id, name: data[1..<33], view: data[33])
    case (0x1D, 35): return learn(id, name: data[1..<33], view: 0x1F)
    case (0x20, 2):
      let isKnown = users.removeValue(forKey: number(data)) != nil
      return reply(to: 0x20, isKnown ? 0 : 8)
    case (0x21, 0):
      users = [:]
      return reply(to: 0x21, 0)
    case (0x22, 2):
      guard let name = users[number(data)] else { return reply(to: 0x22, 8) }
      return reply(to: 0x22, 0, data + padded(name) + [0])
    case (0x23, 0):
      views = 0
      return reply(to: 0x23, 0)
    case (0x24, 0):
      // Filled up to 50, as some firmware does.
      let list = users.keys.sorted().flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
      let filler = [UInt8](repeating: 0, count: max(0, 100 - list.count))
      return reply(to: 0x24, 0, [UInt8(users.count)] + list + filler)
    case (0x30, 0): return reply(to: 0x30, 0, padded("V1.2.3"))
    case (0x50, 9):
      guard encryptionResult == 0 else { return reply(to: 0x50, encryptionResult) }
      cipher = FaceWireCipher(seed: Array(data[0..<4]))
      return reply(to: 0x50, 0, [UInt8](repeating: 0x41, count: 20))
    default: return reply(to: id, 0x05)
    }
  }

  private mutating func look() -> [SerialWord] {
    guard let standing else { return note(1) }
    isVerifying = false
    if isDemo { return note(0) + success(0xFFFF, "", 0xC8) }
    switch standing {
    case .photo: return note(0) + reply(to: 0x12, 0x0C)
    case .stranger: return note(0) + reply(to: 0x12, 0x08)
    case .person(let user), .asleep(let user):
      guard let name = users[user] else { return note(0) + reply(to: 0x12, 0x08) }
      return note(0) + success(user, name, standing == .person(user) ? 0xC8 : 0xCC)
    }
  }

  private mutating func success(_ user: UInt16, _ name: String, _ unlock: UInt8) -> [SerialWord] {
    reply(to: 0x12, 0, [UInt8(user >> 8), UInt8(user & 0xFF)] + padded(name) + [0, unlock])
  }

  private mutating func learn(_ id: UInt8, name: ArraySlice<UInt8>, view: UInt8) -> [SerialWord] {
    switch standing {
    case nil: return note(1) + reply(to: id, 0x0D)
    case .photo: return note(0) + reply(to: id, 0x0C)
    case .asleep: return note(9) + reply(to: id, 0x0C)
    case .person(let user) where users[user] != nil: return note(0) + reply(to: id, 0x0A)
    case .person, .stranger: break
    }
    views |= view
    guard views == 0x1F else { return note(0) + reply(to: id, 0, [0, 0, views]) }
    views = 0
    let user = (1...UInt16.max).first { users[$0] == nil } ?? 1
    users[user] = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    standing = .person(user)
    return note(0) + reply(to: id, 0, [UInt8(user >> 8), UInt8(user & 0xFF), 0x1F])
  }

  private func number(_ data: [UInt8]) -> UInt16 { UInt16(data[0]) * 256 + UInt16(data[1]) }

  private func padded(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8.prefix(32))
    return bytes + [UInt8](repeating: 0, count: 32 - bytes.count)
  }
}
