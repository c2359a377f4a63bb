import ArgumentParser
import Laboratory
import VirtualReaders

/// Offers virtual readers to real kernels.
struct UsbipCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "usbip", abstract: "Offer virtual readers to a real kernel, over USB/IP.",
    discussion: """
      Any Linux machine with the module vhci-hcd attaches them, and then has a counter plugged in:

        modprobe vhci-hcd
        usbip attach -r 127.0.0.1 -b 1-2

      Then act on them from another shell: canteen-lab tap 04A1B2C3. USB/IP knows no passwords: stay on this
      machine, or tunnel it.

      Models: \(Specimen.all.map(\.name).joined(separator: ", ")).
      """)

  @Option(
    name: .long, help: "A reader, MODEL@BUSID. Repeat for more.", transform: ReaderPlace.init)
  var reader: [ReaderPlace] = [
    ReaderPlace(model: "acr122u", port: "1-2"), ReaderPlace(model: "fm430-pos", port: "1-3"),
    ReaderPlace(model: "fm225-ch340", port: "1-4"),
  ]

  @Option(help: "The address to listen at.")
  var listen = "127.0.0.1"

  @Option(help: "The TCP port.")
  var tcpPort: UInt16 = 3240

  @Option(help: "The control socket (default: in the runtime directory).")
  var socket: String?

  func run() async throws {
    let server = try USBIPServer.start(address: listen, port: tcpPort)
    for place in reader { try place.plug(into: server) }
    let control = try BusControl.start(bus: server, path: socket ?? BusControl.defaultPath)
    print("Offered at \(listen):\(server.port); Ctrl-C ends it.")
    for reader in server.pluggedReaders {
      print("  usbip attach -r \(listen) -b \(reader.port)   # \(reader.name)")
    }
    await Interrupt.wait()
    control.stop()
    server.stop()
  }
}
