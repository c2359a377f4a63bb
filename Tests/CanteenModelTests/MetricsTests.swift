import CanteenModel
import Testing

@Suite struct MetricsTests {
  @Test("figures of one name stand together under one heading, and labels are escaped")
  func page() {
    var page = MetricsPage()
    page.gauge("canteen_reader_ready", "1 while a reader works.", 1, [("model", "a \"b\" \\ c\nd")])
    page.gauge(
      "canteen_reader_ready", "1 while a reader works.", 0, [("model", "食"), ("port", "1")])
    page.gauge("canteen_outbox_fen", "What they sold.", -5)
    #expect(
      page.text == """
        # HELP canteen_reader_ready 1 while a reader works.
        # TYPE canteen_reader_ready gauge
        canteen_reader_ready{model="a \\"b\\" \\\\ c\\nd"} 1
        canteen_reader_ready{model="食",port="1"} 0
        # HELP canteen_outbox_fen What they sold.
        # TYPE canteen_outbox_fen gauge
        canteen_outbox_fen -5

        """)
  }

  @Test(
    "a terminal says what waits, how old it is, and whether the centre is reached",
    arguments: [(nil, 1), ("no answer", 0)] as [(String?, Int)])
  func terminal(fault: String?, up: Int) {
    let status = TerminalStatus(
      canteen: "市委食堂", terminal: TerminalID(3), nowMilliseconds: 0, utcOffsetMinutes: 480,
      closedBecause: nil, meal: nil, lanes: [], readers: [],
      today: TerminalStatus.Today(
        approved: 2, approvedTotal: Fen(3000), declined: 1, corrected: 0, correctedTotal: .zero,
        shownAgain: 0),
      outbox: TerminalStatus.Outbox(
        records: 17, oldestAgeMilliseconds: 130_500, total: Fen(25_500), brake: "free",
        lastPosition: JournalPosition(epoch: Epoch(1), sequence: .none),
        acknowledged: JournalPosition(epoch: Epoch(1), sequence: .none),
        acknowledgedAtMilliseconds: 1_795_406_400_999, direction: "push", fault: fault,
        nextTryInMilliseconds: 40_000),
      clock: TerminalStatus.Clock(recordMilliseconds: 0, isTrusted: true), rulebookVersion: 4,
      group: TerminalStatus.Group(
        rule: "any",
        neighbours: [
          .init(terminal: TerminalID(4), answersSinceMilliseconds: 1),
          .init(terminal: TerminalID(5), answersSinceMilliseconds: nil),
        ], isGroup: true, cap: Fen(4_000)))
    let lines = status.metrics.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    for line in [
      "canteen_terminal_selling{terminal=\"3\"} 1", "canteen_outbox_records 17",
      "canteen_outbox_fen 25500", "canteen_outbox_oldest_age_seconds 130",
      "canteen_outbox_last_ack_timestamp_seconds 1795406400", "canteen_link_up \(up)",
      "canteen_group_cap_fen 4000", "canteen_group_answering{terminal=\"4\"} 1",
      "canteen_group_answering{terminal=\"5\"} 0",
      "canteen_link_next_try_seconds 40", "canteen_today_approved_fen 3000",
    ] {
      #expect(lines.contains(Substring(line)), "\(line)")
    }
  }
}
