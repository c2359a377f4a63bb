package import SeededRandom

/// What a power cut may leave of some files, at a place of the log.
///
/// What is certain: everything up to a file's last sync. What came after it may have arrived or not, in
/// sectors of 512 bytes, each by itself and in any order; so may truncations and a file's growth. Names
/// come and go in the order in which they did, up to any place behind the folder's last sync; as on
/// ext4 and XFS, a file's own sync makes its name certain, and the changes of names before it. After a
/// failed sync nobody syncs again what was written before it.
///
/// Not modelled: the file system's own metadata, and disks that write somewhere else.
package struct DiskSurface: Sendable {
  private enum NameChange: Sendable {
    case created(String, inode: Int)
    case deleted(String)
  }

  private var inodes: [DiskInode] = []
  /// As the running system sees them, and as they are on disk for certain.
  private var names: [String: Int] = [:]
  private var durableNames: [String: Int] = [:]
  private var pendingNames: [NameChange] = []
  /// So many of the last syncs of a file may have been lies; 0 on an honest disk.
  private let lies: Int

  /// - Parameters:
  ///   - files: What is on the disk for certain before the log begins.
  ///   - lies: How many syncs of a file the disk may have ignored, 0 when it is honest.
  package init(files: [String: [UInt8]] = [:], lies: Int = 0) {
    self.lies = lies
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
      names[name] = inodes.count
      inodes.append(DiskInode(bytes))
    }
    durableNames = names
  }

  /// Goes one step of the log.
  package mutating func apply(_ operation: DiskOperation) {
    switch operation {
    case .created(let name):
      names[name] = inodes.count
      pendingNames.append(.created(name, inode: inodes.count))
      inodes.append(DiskInode([]))
    case .wrote(let name, let offset, let bytes):
      change(name) { $0.add(.write(offset: offset, bytes: bytes)) }
    case .truncated(let name, let size):
      change(name) { $0.add(.truncate(size: size)) }
    case .synced(let name, let withFolder):
      change(name) { [lies] in $0.sync(keeping: lies) }
      syncNames(withFolder ? pendingNames.count : changes(upTo: name))
    case .syncFailed(let name): change(name) { $0.failSync() }
    case .deleted(let name, let withFolder):
      names[name] = nil
      pendingNames.append(.deleted(name))
      if withFolder { syncNames(pendingNames.count) }
    case .mark: break
    }
  }

  /// The files as a process finds them that is started without a power cut.
  package var running: [String: [UInt8]] { names.mapValues { inodes[$0].running } }

  /// One image of what a power cut leaves now.
  ///
  /// - Parameter lyingPermille: Of a thousand syncs so many did nothing, as far as ``DiskSurface`` keeps
  ///   what they would have done.
  package func image(
    _ random: inout SplitMix64, lyingPermille: Int = 0
  ) -> [String: [UInt8]] {
    var found = durableNames
    Self.apply(pendingNames.prefix(random.below(pendingNames.count + 1)), to: &found)
    // In the order of their names: the same seed must give the same image.
    return Dictionary(
      uniqueKeysWithValues: found.sorted { $0.key < $1.key }.map { name, inode in
        (name, inodes[inode].image(&random, lyingPermille: lyingPermille))
      })
  }

  private mutating func change(_ name: String, _ body: (inout DiskInode) -> Void) {
    guard let inode = names[name] else {
      preconditionFailure("the log writes to \(name), which was not there")
    }
    body(&inodes[inode])
  }

  /// How many changes of names became certain with the sync of a file.
  private func changes(upTo name: String) -> Int {
    let creation = pendingNames.lastIndex { change in
      if case .created(name, _) = change { true } else { false }
    }
    return creation.map { $0 + 1 } ?? 0
  }

  private mutating func syncNames(_ count: Int) {
    Self.apply(pendingNames.prefix(count), to: &durableNames)
    pendingNames.removeFirst(count)
  }

  private static func apply(_ changes: ArraySlice<NameChange>, to names: inout [String: Int]) {
    for change in changes {
      switch change {
      case .created(let name, let inode): names[name] = inode
      case .deleted(let name): names[name] = nil
      }
    }
  }
}
