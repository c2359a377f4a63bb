import ArgumentParser
import CanteenModel
import LocalAPI

/// The people that the face module of a lane knows.
struct FaceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "face", abstract: "The people that the face module of a lane knows.",
    discussion: """
      What is learned stays in the module. Enrolment prints what the centre's accounts file calls the
      person (column faces): without it the module recognises them, and nobody pays.
      """,
    subcommands: [FaceEnrol.self, FaceDelete.self, FaceList.self, FaceStatus.self])
}

struct FaceEnrol: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enrol", abstract: "Let the module learn the face in front of it.",
    discussion: "Example: canteenctl face enrol 王小明 --lane 1")

  @Argument(help: "What the module calls the person, up to 31 bytes.")
  var name: String

  @Flag(help: "Take five views: straight, up, down, left and right.")
  var fiveViews = false

  @OptionGroup var module: FaceModuleOptions

  func run() async throws {
    try await module.ask { lane in
      FaceModuleOrder(lane: lane, act: .enrol, name: name, fromFiveViews: fiveViews)
    }
  }
}

struct FaceDelete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Let the module forget a person.",
    discussion: """
      Examples: canteenctl face delete 5
                canteenctl face delete --all
      """)

  @Argument(help: "The module's number for the person.")
  var user: UInt16?

  @Flag(help: "Forget everybody.")
  var all = false

  @OptionGroup var module: FaceModuleOptions

  func validate() throws {
    guard (user == nil) == all else {
      throw ValidationError("name one person by number, or say --all")
    }
  }

  func run() async throws {
    try await module.ask { FaceModuleOrder(lane: $0, act: all ? .deleteAll : .delete, user: user) }
  }
}

struct FaceList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "The numbers of everybody whom the module knows.")

  @OptionGroup var module: FaceModuleOptions

  func run() async throws {
    try await module.ask { FaceModuleOrder(lane: $0, act: .list) }
  }
}

struct FaceStatus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "What the module says of itself.")

  @OptionGroup var module: FaceModuleOptions

  func run() async throws {
    try await module.ask { FaceModuleOrder(lane: $0, act: .status) }
  }
}

/// Which module.
struct FaceModuleOptions: ParsableArguments {
  @Option(help: "The lane that the module serves.")
  var lane: UInt16 = 1

  @OptionGroup var connection: Connection

  func ask(_ order: (LaneID) -> FaceModuleOrder) async throws {
    let order = order(LaneID(lane))
    let report = try await asking { () throws(ControlError) in
      try await connection.terminal.face(order)
    }
    if connection.json { return try Output.json(report) }
    print(report.text)
  }
}
