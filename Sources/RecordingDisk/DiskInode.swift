import SeededRandom

/// The bytes of one file, and what has not certainly arrived of them.
struct DiskInode: Sendable {
  enum Change: Sendable {
    case write(offset: Int, bytes: [UInt8])
    case truncate(size: Int)
  }

  private enum Step: Sendable {
    /// - `isForgotten`: a sync failed after it, and no later one writes it.
    case change(Change, isForgotten: Bool)
    case sync
  }

  static let sectorSize = 512

  /// There for certain.
  private var base: [UInt8]
  private var steps: [Step] = []
  private var syncs = 0
  private var hasForgotten = false

  init(_ bytes: [UInt8]) {
    base = bytes
  }

  /// As the running system sees it.
  var running: [UInt8] {
    steps.reduce(into: base) { bytes, step in
      if case .change(let change, _) = step { Self.apply(change, to: &bytes) }
    }
  }

  mutating func add(_ change: Change) {
    steps.append(.change(change, isForgotten: false))
  }

  /// - Parameter kept: So many syncs may turn out to have been lies; what the ones before them wrote is
  ///   certain.
  mutating func sync(keeping kept: Int) {
    steps.append(.sync)
    syncs += 1
    // Behind forgotten changes the order matters: they are applied, or not, before later ones.
    guard !hasForgotten, syncs > kept else { return }
    let end = steps.firstIndex { if case .sync = $0 { true } else { false } } ?? 0
    for case .change(let change, _) in steps[..<end] { Self.apply(change, to: &base) }
    steps.removeFirst(end + 1)
    syncs -= 1
  }

  mutating func failSync() {
    for index in steps.indices.reversed() {
      guard case .change(let change, _) = steps[index] else { break }
      steps[index] = .change(change, isForgotten: true)
      hasForgotten = true
    }
  }

  /// What a power cut may leave.
  func image(_ random: inout SplitMix64, lyingPermille: Int) -> [UInt8] {
    var certain = 0
    for index in steps.indices.reversed() {
      guard case .sync = steps[index] else { continue }
      if lyingPermille > 0, random.chance(permille: lyingPermille) { continue }
      certain = index
      break
    }
    // Some cuts come when next to nothing has arrived, some when nearly everything has.
    let arriving = [0, 50, 500, 950, 1000][random.below(5)]
    var bytes = base
    for (index, step) in steps.enumerated() {
      guard case .change(let change, let isForgotten) = step else { continue }
      if index < certain, !isForgotten {
        Self.apply(change, to: &bytes)
      } else {
        Self.apply(change, to: &bytes, arriving: arriving, &random)
      }
    }
    return bytes
  }

  private static func apply(_ change: Change, to bytes: inout [UInt8]) {
    switch change {
    case .write(let offset, let written): put(written[...], at: offset, into: &bytes)
    case .truncate(let size): resize(&bytes, to: size)
    }
  }

  /// Lets every sector arrive in so many of a thousand cases.
  private static func apply(
    _ change: Change, to bytes: inout [UInt8], arriving: Int, _ random: inout SplitMix64
  ) {
    guard case .write(let offset, let written) = change else {
      if random.chance(permille: arriving) { apply(change, to: &bytes) }
      return
    }
    // The file may have grown without its bytes.
    if offset + written.count > bytes.count, random.chance(permille: arriving / 2) {
      resize(&bytes, to: offset + written.count)
    }
    var start = 0
    while start < written.count {
      let end = min(written.count, start + sectorSize - (offset + start) % sectorSize)
      if random.chance(permille: arriving) {
        put(written[start..<end], at: offset + start, into: &bytes)
      }
      start = end
    }
  }

  private static func put(_ part: ArraySlice<UInt8>, at offset: Int, into bytes: inout [UInt8]) {
    if bytes.count < offset + part.count { resize(&bytes, to: offset + part.count) }
    unsafe bytes.withUnsafeMutableBytes { target in
      unsafe part.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + source.count])
          .copyMemory(from: source)
      }
    }
  }

  private static func resize(_ bytes: inout [UInt8], to size: Int) {
    if size < bytes.count {
      bytes.removeLast(bytes.count - size)
    } else {
      bytes += [UInt8](repeating: 0, count: size - bytes.count)
    }
  }
}
