import ArgumentParser

/// The laboratory: virtual readers for programs that know nothing of them.
@main
struct CanteenLab: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "canteen-lab",
    abstract: "Virtual readers, and what is proved with them: the demo, crash tests, benchmarks.",
    discussion: """
      Start a program on a virtual bus, then act on the bus from another shell:

        canteen-lab run -- canteend --config terminal.json
        canteen-lab tap 04A1B2C3
        canteen-lab log
      """,
    subcommands: [
      Run.self, Tap.self, Scan.self, Face.self, Remove.self, Plug.self, Unplug.self, Fault.self,
      Log.self, UsbipCommand.self, VMTestCommand.self, GuestCommand.self,
      DemoCommand.self, CounterCommand.self, CrashTestCommand.self, PowerCutCommand.self,
      DiskFullCommand.self,
      TwoLanesCommand.self, FeedModelCommand.self, HostileLinkCommand.self, GoldenCommand.self,
      CopiedIdentityCommand.self, ConformanceCommand.self, ConformanceTrialsCommand.self,
      CentreCommand.self,
      OfflineBoundCommand.self, PeerGroupsCommand.self,
      OrdinaryWeekCommand.self, FleetCommand.self, CityCommand.self,
      ReaderStormCommand.self, UnplugEverywhereCommand.self, ReaderTrialsCommand.self,
      ReaderBenchCommand.self, CentreBenchCommand.self, QuarterBenchCommand.self,
      BenchTableCommand.self, NetworkCutsCommand.self, PeerNetworkCommand.self,
      RecordCommand.self, ReplayCommand.self, MutantsCommand.self,
      CoverageCommand.self, BenchCommand.self,
      BenchVictimCommand.self,
    ])
}

/// Which virtual bus a command acts on.
struct BusOptions: ParsableArguments {
  @Option(help: "The control socket of the virtual bus (default: in the runtime directory).")
  var socket: String?

  @Option(help: "The reader's port: bus and port chain.")
  var port = "1-2"
}
