package import CanteenModel

/// Which reader serves which lane, by the socket that it is plugged into.
///
/// An empty plan is that of a terminal with one lane: whatever reader is plugged in serves lane 1.
package struct ReaderPlan: Equatable, Sendable {
  /// One socket.
  package struct Place: Equatable, Sendable {
    /// udev's `ID_PATH`, such as `pci-0000:00:14.0-usb-0:1.4`, or the port as sysfs names it, such as
    /// `1-1.4`. The number of a bus may change with the kernel, the path does not.
    package let socket: String
    package let lane: LaneID
    package let role: ReaderRole
    /// How it was set up, where it is a scanner.
    package let scanner: ScannerSettings
    /// How it is reached, where it is a face module.
    package let face: FaceSettings

    package init(
      socket: String, lane: LaneID, role: ReaderRole, scanner: ScannerSettings = ScannerSettings(),
      face: FaceSettings = FaceSettings()
    ) {
      self.socket = socket
      self.lane = lane
      self.role = role
      self.scanner = scanner
      self.face = face
    }
  }

  /// Two places that cannot both be.
  package enum Contradiction: Error, Equatable, Sendable, CustomStringConvertible {
    case socketTwice(String)
    case roleTwice(LaneID, ReaderRole)

    package var description: String {
      switch self {
      case .socketTwice(let socket): "the socket \(socket) is named twice"
      case .roleTwice(let lane, let role): "lane \(lane) has two places for a \(role.name)"
      }
    }
  }

  package let places: [Place]

  /// Whatever is plugged in serves lane 1.
  package static let oneLane = ReaderPlan(unchecked: [])

  /// - Throws: ``Contradiction``: a socket has one role at one lane, and a lane has one reader a role.
  package init(places: [Place]) throws(Contradiction) {
    for (index, place) in places.enumerated() {
      for other in places[..<index] {
        if other.socket == place.socket { throw .socketTwice(place.socket) }
        if other.lane == place.lane, other.role == place.role {
          throw .roleTwice(place.lane, place.role)
        }
      }
    }
    self.init(unchecked: places)
  }

  private init(unchecked places: [Place]) {
    self.places = places
  }

  /// The place of a socket; `nil` when the plan does not name it.
  package func place(port: String, path: String?) -> Place? {
    places.first { $0.socket == port || $0.socket == path }
  }

  /// Where a device that was found to be of a role serves.
  func lane(
    ofRole role: ReaderRole, port: String, path: String?
  ) -> Result<LaneID, Misplacement> {
    if places.isEmpty { return .success(LaneID(1)) }
    if let place = place(port: port, path: path) {
      guard place.role == role else {
        return .failure(Misplacement("the settings expect a \(place.role.name) at this socket"))
      }
      return .success(place.lane)
    }
    let name = path ?? port
    return .failure(Misplacement("no lane: canteen.readers does not name \(name)"))
  }
}

/// Why a reader that works serves no lane, in words.
struct Misplacement: Error, Equatable {
  let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}
