/// What happened in worlds, counted.
package struct FleetTally: Sendable {
  package var swipes = 0
  package var approved = 0
  package var declined = 0
  package var shownAgain = 0
  package var asked = 0
  /// Presentations for which other terminals of the canteen were asked, and what was approved with their word.
  package var reservations = 0
  package var grouped = 0
  package var faults = 0
  package var batches = 0
  package var refusedBatches = 0
  package var records = 0
  package var lit = 0
  /// Lit sales that a lying, dead or replaced disk took with it.
  package var excused = 0
  package var worldDays = 0
  /// Answers of the core that were compared with the rules as they are stated a second time.
  package var compared = 0
  /// Accounts that were ever in debt, what each owed at most, and what it could have owed, in fen.
  package var indebted = 0
  package var lossFen: Int64 = 0
  package var boundFen: Int64 = 0
  package var worstFen: Int64 = 0

  package init() {}

  mutating func addLoss(_ loss: LossChecker) {
    indebted += loss.count
    lossFen += loss.sum.loss
    boundFen += loss.sum.bound
    worstFen = max(worstFen, loss.worst)
  }

  package mutating func add(_ other: FleetTally) {
    swipes += other.swipes
    approved += other.approved
    declined += other.declined
    shownAgain += other.shownAgain
    asked += other.asked
    reservations += other.reservations
    grouped += other.grouped
    faults += other.faults
    batches += other.batches
    refusedBatches += other.refusedBatches
    records += other.records
    lit += other.lit
    excused += other.excused
    worldDays += other.worldDays
    compared += other.compared
    indebted += other.indebted
    lossFen += other.lossFen
    boundFen += other.boundFen
    worstFen = max(worstFen, other.worstFen)
  }
}
