extension TerminalStatus {
  /// The status as figures. Times are in seconds, amounts in fen; nobody's name is among them.
  package var metrics: MetricsPage {
    var page = MetricsPage()
    page.gauge(
      "canteen_terminal_selling", "1 while the terminal sells.", closedBecause == nil ? 1 : 0,
      [("terminal", "\(terminal)")])
    page.gauge(
      "canteen_outbox_records", "Records that the centre does not have.", Int64(outbox.records))
    page.gauge("canteen_outbox_fen", "What they sold.", outbox.total.value)
    page.gauge(
      "canteen_outbox_oldest_age_seconds", "How old the oldest of them is; 0 without any.",
      (outbox.oldestAgeMilliseconds ?? 0) / 1000)
    page.gauge(
      "canteen_outbox_last_ack_timestamp_seconds",
      "The centre's time of the last ack; 0 before the first.",
      (outbox.acknowledgedAtMilliseconds ?? 0) / 1000)
    page.gauge(
      "canteen_outbox_braked", "1 while a brake allows one standard meal each.",
      outbox.brake == "braked" ? 1 : 0)
    page.gauge(
      "canteen_link_up", "1 when the last contact with the centre went well.",
      outbox.fault == nil && outbox.direction != "off" ? 1 : 0)
    page.gauge(
      "canteen_link_next_try_seconds",
      "Until the terminal tries the centre again; 0: it does not wait.",
      (outbox.nextTryInMilliseconds ?? 0) / 1000)
    page.gauge(
      "canteen_clock_trusted", "1 while the machine's clock is believed.", clock.isTrusted ? 1 : 0)
    page.gauge("canteen_rulebook_version", "The rulebook in force; 0 without one.", rulebookVersion)
    page.gauge("canteen_today_approved", "Sales of the day.", Int64(today.approved))
    page.gauge("canteen_today_approved_fen", "What they came to.", today.approvedTotal.value)
    page.gauge("canteen_today_declined", "Presentations that were refused.", Int64(today.declined))
    if let group {
      page.gauge(
        "canteen_group_cap_fen",
        "What somebody at home may spend in a meal without the centre, as things are.",
        group.cap.value)
      for neighbour in group.neighbours {
        page.gauge(
          "canteen_group_answering", "1 while another terminal of the canteen answers.",
          neighbour.answersSinceMilliseconds == nil ? 0 : 1, [("terminal", "\(neighbour.terminal)")]
        )
      }
    }
    for reader in readers {
      page.gauge(
        "canteen_reader_ready", "1 while a reader works.", reader.state == "ready" ? 1 : 0,
        [("reader", "\(reader.reader)"), ("model", reader.model)])
    }
    return page
  }
}
