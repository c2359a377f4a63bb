import RecordingDisk
import SeededRandom
import Testing

/// The model of the disk by itself: what must be in every image, and what may be.
@Suite struct DiskSurfaceTests {
  private func images(
    _ log: [DiskOperation], lies: Int = 0, lyingPermille: Int = 0
  ) -> [[String: [UInt8]]] {
    var surface = DiskSurface(lies: lies)
    for operation in log { surface.apply(operation) }
    return (0..<400).map { number in
      var random = SplitMix64(seed: 9, number: number)
      return surface.image(&random, lyingPermille: lyingPermille)
    }
  }

  private let old = [UInt8](repeating: 1, count: 2048)
  private let new = [UInt8](repeating: 2, count: 2048)

  @Test("what was synced is in every image, byte for byte")
  func synced() {
    let log: [DiskOperation] = [
      .created("a"), .wrote("a", offset: 0, bytes: old), .synced("a", withFolder: true),
    ]
    #expect(images(log).allSatisfy { $0 == ["a": old] })
  }

  @Test("what was not synced arrives in any sectors, and sectors are whole")
  func torn() {
    let log: [DiskOperation] = [
      .created("a"), .wrote("a", offset: 0, bytes: old), .synced("a", withFolder: true),
      .wrote("a", offset: 0, bytes: new),
    ]
    let found = Set(
      images(log).map { image in
        let bytes = image["a"] ?? []
        return stride(from: 0, to: 2048, by: 512).map { start in
          let sector = Set(bytes[start..<start + 512])
          #expect(sector.count == 1)
          return sector.contains(2)
        }
      })
    #expect(found.count == 16)
  }

  @Test("a name is there for certain once its folder was synced, and a deleted one may come back")
  func names() {
    let created = images([.created("a"), .wrote("a", offset: 0, bytes: old)])
    #expect(created.contains { $0["a"] == nil })
    #expect(created.contains { $0["a"] != nil })
    let log: [DiskOperation] = [.created("a"), .synced("a", withFolder: true)]
    #expect(images(log).allSatisfy { $0["a"] != nil })
    let deleted = images(log + [.deleted("a", withFolder: false)])
    #expect(Set(deleted.map { $0["a"] == nil }) == [true, false])
    #expect(images(log + [.deleted("a", withFolder: true)]).allSatisfy { $0.isEmpty })
  }

  @Test("after a failed sync, a later one does not bring back what was written before it")
  func forgotten() {
    let log: [DiskOperation] = [
      .created("a"), .synced("a", withFolder: true), .wrote("a", offset: 0, bytes: old),
      .syncFailed("a"), .wrote("a", offset: 2048, bytes: new), .synced("a", withFolder: false),
    ]
    let found = images(log).compactMap { $0["a"] }
    #expect(found.allSatisfy { $0.count == 4096 && Array($0[2048...]) == new })
    #expect(found.contains { Array($0[..<2048]) == [UInt8](repeating: 0, count: 2048) })
    #expect(found.contains { Array($0[..<2048]) == old })
  }

  @Test("a sync that was a lie makes nothing certain")
  func lies() {
    let log: [DiskOperation] = [
      .created("a"), .synced("a", withFolder: true), .wrote("a", offset: 0, bytes: old),
      .synced("a", withFolder: false),
    ]
    #expect(images(log, lies: 4).allSatisfy { $0["a"] == old })
    let lied = images(log, lies: 4, lyingPermille: 300)
    #expect(lied.contains { $0["a"] != old })
    #expect(lied.contains { $0["a"] == old })
  }
}
