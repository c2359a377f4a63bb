/// The figures of `make bench` and `make vm-test`, by their key in `.build/bench.json`. A ratio is ours divided by the
/// peer's, both measured in one run; medians unless the key says p99.
enum BenchKey: String, CaseIterable, Codable, Sendable {
  case authoriseP50VsC = "authorise_p50_vs_c"
  case authoriseP99VsC = "authorise_p99_vs_c"
  case authoriseP50VsFdatasync = "authorise_p50_vs_fdatasync"
  case authoriseP50VsPostgres = "authorise_p50_vs_postgres"
  case authoriseThroughput16VsC = "authorise_throughput16_vs_c"
  case authoriseP50MillionVsEmpty = "authorise_p50_million_vs_empty"
  case authoriseP99UnderVerifyVsC = "authorise_p99_under_verify_vs_c"
  case restartToFirstApprovalS = "restart_to_first_approval_s"
  case residentMib = "resident_mib"
  case frameToEventP99Ms = "frame_to_event_p99_ms"
  case frameToEventWithBusP99Ms = "frame_to_event_with_bus_p99_ms"
  case idleWakeupsPerS = "idle_wakeups_per_s"
  case idleWakeupsOfTerminalPerS = "idle_wakeups_of_terminal_per_s"
  case idleCpuMsPerS = "idle_cpu_ms_per_s"
  case ingestSqlitePerS = "ingest_sqlite_per_s"
  case ingestPostgresPerS = "ingest_postgres_per_s"
  case ingestVsC = "ingest_vs_c"
  case ingestVsCopy = "ingest_vs_copy"
  case drain20TerminalsS = "drain_20_terminals_s"
  case stormCentreMib = "storm_centre_mib"
  case stormDrainS = "storm_drain_s"
  case freshTerminalS = "fresh_terminal_s"
  case freshTerminalFedMib = "fresh_terminal_fed_mib"
  case freshTerminalLedgerMib = "fresh_terminal_ledger_mib"
  case apduP50VsPcscd = "apdu_p50_vs_pcscd"
  case tapP50VsPcscd = "tap_p50_vs_pcscd"
  case vmIdleWakeupsOfTerminalPerS = "vm_idle_wakeups_of_terminal_per_s"
  case vmTapToLightMs = "vm_tap_to_light_ms"

  /// What the project promises.
  enum Aim {
    case atMost(Double)
    case atLeast(Double)
    /// Shown beside the others.
    case none
  }

  var aim: Aim {
    switch self {
    case .authoriseP50VsC: .atMost(1.25)
    case .authoriseP99VsC: .atMost(1.5)
    case .authoriseP50VsPostgres: .atMost(0.6)
    case .authoriseThroughput16VsC: .atLeast(3)
    case .authoriseP50MillionVsEmpty: .atMost(1.2)
    case .restartToFirstApprovalS: .atMost(1)
    case .residentMib: .atMost(64)
    case .frameToEventP99Ms: .atMost(2)
    case .idleWakeupsPerS: .atMost(3)
    case .ingestVsC: .atLeast(0.5)
    case .ingestVsCopy: .atLeast(0.25)
    case .drain20TerminalsS: .atMost(60)
    case .stormCentreMib: .atMost(512)
    case .apduP50VsPcscd: .atMost(0.45)
    default: .none
    }
  }

  /// For people.
  var words: String {
    switch self {
    case .authoriseP50VsC: "a durable decision, beside the same SQL in C; median"
    case .authoriseP99VsC: "the same, the slowest in a hundred"
    case .authoriseP50VsFdatasync: "a durable decision, beside a 4 KiB write and fdatasync"
    case .authoriseP50VsPostgres: "a durable decision, beside the same debit on PostgreSQL"
    case .authoriseThroughput16VsC:
      "sixteen lanes at once, in a second, beside C one after the other"
    case .authoriseP50MillionVsEmpty:
      "on 1,000,000 accounts and 10,000,000 records, beside an empty ledger"
    case .authoriseP99UnderVerifyVsC:
      "while the large ledger is verified, beside C that does nothing else"
    case .restartToFirstApprovalS: "from the kill to the next approval, in seconds"
    case .residentMib: "memory of a terminal with the large ledger, in MiB"
    case .frameToEventP99Ms: "the last byte at libusb to the presentation, slowest reader, in ms"
    case .frameToEventWithBusP99Ms: "the same with the virtual bus, in ms"
    case .idleWakeupsPerS: "what idle readers wake the terminal, a second"
    case .idleWakeupsOfTerminalPerS: "the whole idle terminal"
    case .idleCpuMsPerS: "its processor time, in ms a second"
    case .ingestSqlitePerS: "records that the centre takes in a second, on SQLite"
    case .ingestPostgresPerS: "the same on PostgreSQL"
    case .ingestVsC: "on SQLite, beside the same SQL in C"
    case .ingestVsCopy: "on PostgreSQL, beside a bare COPY of the same rows"
    case .drain20TerminalsS: "20 terminals with 200,000 records come back, in seconds"
    case .stormCentreMib: "memory of the centre when 5,000 come back at once, in MiB"
    case .stormDrainS: "until they have handed in 900 records each, in seconds"
    case .freshTerminalS: "1,000,000 accounts to a fresh terminal, in seconds"
    case .freshTerminalFedMib: "what went over the wire for them, in MiB"
    case .freshTerminalLedgerMib: "what its ledger is then, in MiB"
    case .apduP50VsPcscd: "an APDU and its answer in the guest, beside pcscd"
    case .tapP50VsPcscd: "a tap to its event in the guest, beside pcscd"
    case .vmIdleWakeupsOfTerminalPerS: "the idle terminal in the guest"
    case .vmTapToLightMs: "a tap to its light in the guest, in ms"
    }
  }

  /// Whether it compares two programs in one run, so that it says something on any machine.
  var isRatio: Bool { rawValue.contains("_vs_") }

  /// Whether more of it is better.
  var isBetterWhenGreater: Bool {
    switch self {
    case .authoriseThroughput16VsC, .ingestSqlitePerS, .ingestPostgresPerS, .ingestVsC,
      .ingestVsCopy:
      true
    default: false
    }
  }
}
