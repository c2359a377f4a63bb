import CanteenModel
import Journal
import RecordingDisk
import SyncProtocol

/// Lets the journal save what it can of a damaged ledger, and compares that with the ledger as it was.
struct SalvageCheck {
  let folder: String
  let healthy: LedgerFacts

  func run() async -> (DamageTest.Verdict, String) {
    let readable = lastReadable()
    let terminal: LabTerminal
    let journal: Journal
    do {
      terminal = try LabTerminal.atNight()
      journal = try Journal.openOrSalvage(terminal.configuration(in: folder)).journal
    } catch JournalError.needsEpoch {
      return (.refused, "")
    } catch JournalError.belongsToAnotherTerminal {
      return (.refused, "")
    } catch JournalError.fromNewerVersion {
      return (.refused, "")
    } catch {
      return (.wronglySalvaged, "it does not open: \(error)")
    }
    do {
      let said = try await journal.verify().findings
      try journal.close()
      let findings = try said + findings(keeping: readable)
      return findings.first.map { (.wronglySalvaged, $0) } ?? (.salvaged, "")
    } catch {
      return (.wronglySalvaged, "\(error)")
    }
  }

  /// The last record behind the ack up to which every one can be read as it was.
  private func lastReadable() -> JournalPosition {
    var last = healthy.acknowledged
    do {
      let database = try RawDatabase(path: folder + "/" + LabTerminal.ledger)
      for record in healthy.records where record.position > last {
        let rows = try database.rows(
          """
          SELECT wall_ms, bytes, head FROM record WHERE epoch = \(record.position.epoch.number)
            AND sequence = \(record.position.sequence.number)
          """)
        let whole: [RawValue] = [
          .integer(record.wallMilliseconds), .blob(record.bytes), .blob(record.head),
        ]
        guard rows == [whole] else { return last }
        last = record.position
      }
    } catch {
      // A page that cannot be read ends it.
    }
    return last
  }

  private func findings(keeping last: JournalPosition) throws -> [String] {
    let facts = try LedgerFacts(folder: folder)
    let past = Dictionary(uniqueKeysWithValues: healthy.records.map { ($0.position, $0) })
    var findings: [String] = []
    var end = facts.pruned
    for record in facts.records {
      if record.position.epoch > healthy.position.epoch {
        switch try RecordCodec.decode(record.bytes).body {
        case .epochOpened, .holdReleased: continue
        default: findings.append("record \(record.position.sequence) of the new epoch is invented")
        }
      } else if past[record.position] != record {
        findings.append("record \(record.position.sequence) is not the one that was there")
      } else {
        end = record.position
      }
    }
    if end < last { findings.append("record \(last.sequence) could be read and was not kept") }
    return findings
  }
}
