import ArgumentParser
import VirtualReaders

/// A virtual reader and where it is plugged in, `MODEL@PORT`.
struct ReaderPlace {
  let model: String
  let port: String

  init(model: String, port: String) {
    (self.model, self.port) = (model, port)
  }

  init(_ text: String) throws {
    let parts = text.split(separator: "@").map(String.init)
    guard parts.count == 2 else { throw ValidationError("\(text) is not MODEL@PORT") }
    self.init(model: parts[0], port: parts[1])
  }

  func plug(into bus: some ControlledBus) throws {
    try bus.plug(VirtualBus.specimen(named: model), port: port)
  }
}
