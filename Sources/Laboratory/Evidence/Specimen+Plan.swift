package import Readers
package import VirtualReaders

extension Specimen {
  /// A terminal whose only reader is this one, plugged in there.
  package func plan(port: String) -> ReaderPlan {
    do {
      let place = try ReaderPlan.Place("1 \(kind.rawValue) \(port) \(settings)")
      return try ReaderPlan(places: [place])
    } catch {
      preconditionFailure("a specimen's settings are wrong: \(error)")
    }
  }
}
