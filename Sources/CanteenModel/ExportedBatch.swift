/// A signed batch that a file carries to the centre, and whether there is another one behind it.
package struct ExportedBatch: Hashable, Sendable, Codable {
  /// The batch as it stands in the file, in hexadecimal digits.
  package let entry: String
  package let records: Int
  /// The last record that the centre has once it took this one: the next batch is asked for behind it.
  package let end: JournalPosition
  package let hasMore: Bool

  package init(entry: String, records: Int, end: JournalPosition, hasMore: Bool) {
    self.entry = entry
    self.records = records
    self.end = end
    self.hasMore = hasMore
  }
}
