import VirtualReaders

/// Stories to begin with: each specimen in peace, and with each kind of accident.
enum DeviceCorpus {
  static let seeds: [[UInt8]] = Specimen.usable.indices.flatMap { index -> [[UInt8]] in
    let which = [UInt8(index)]
    let wait: [UInt8] = [4, 255]
    let show: [UInt8] = [0, 4, 1, 9, 9, 9, 9]
    return [
      which + wait + wait + show + wait + [11, 1, 0] + [2] + wait,
      // A long code, or a person, that stops in its middle.
      which + wait + wait + [8, 1, 0] + [0, 120] + Array(1...120) + wait + [2] + wait,
      which + wait + [7, 9, 0, 0] + show + wait + [5] + [6, 0] + wait + wait + show + wait,
      which + [8, 1, 3, 2, 1] + wait + wait + show + [8, 2, 2, 2, 2] + wait,
      which + wait + [9, 0, 6, 3, 1, 2] + show + wait + [10, 3, 1, 2, 3, 1] + wait,
    ]
  }
}
