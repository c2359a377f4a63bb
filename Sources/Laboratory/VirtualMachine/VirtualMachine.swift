import Foundation
import VirtualReaders

/// A Debian guest with a kernel and drivers that nobody here wrote, which tries the product and tells what it
/// found.
package struct VirtualMachine: Sendable {
  /// The folder that `Scripts/vm-image.sh` made.
  let image: String
  /// A disk with our programs.
  let programs: String
  /// Where the guest's files are kept.
  let results: String
  let patience: Duration

  /// - Parameter patience: After it the guest is stopped.
  package init(image: String, programs: String, results: String, patience: Duration) {
    self.image = image
    self.programs = programs
    self.results = results
    self.patience = patience
  }

  private var socket: String { "\(results)/run" }

  private var arguments: [String] {
    let line = { (number: Int) in
      ["-chardev", "socket,id=line\(number),path=\(socket)/line\(number),server=on,wait=off"]
    }
    return [
      // Without KVM: it is not everywhere, and we compare only within one boot.
      "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024",
      "-display", "none", "-no-reboot", "-snapshot", "-monitor", "none",
      "-serial", "file:\(results)/console.log",
      "-kernel", "\(image)/vmlinuz", "-initrd", "\(image)/initramfs",
      // Linux distrusts the counters of two processors and would ask an emulated device for the time.
      "-append", "root=/dev/vda rw console=ttyS0 quiet mitigations=off tsc=reliable",
      "-drive", "file=\(image)/root.ext4,format=raw,if=virtio",
      "-drive", "file=\(programs),format=raw,if=virtio,read-only=on",
      "-device", "virtio-serial-pci",
      "-chardev", "socket,id=channel,path=\(socket)/channel,server=on,wait=off",
      "-device", "virtserialport,chardev=channel,name=canteen",
      "-qmp", "unix:\(socket)/qmp,server=on,wait=off",
      "-device", "qemu-xhci,id=xhci,addr=0x08",
    ] + line(0) + line(1)
  }

  /// Boots the guest and waits for its end.
  ///
  /// - Parameter figures: The file that gets the figures that it measured.
  /// - Throws: ``LaboratoryError`` when something was not as it must be.
  package func run(figures: String) async throws {
    try? FileManager.default.removeItem(atPath: results)  // there was no run before
    try FileManager.default.createDirectory(atPath: socket, withIntermediateDirectories: true)
    let machine = try RunningProgram(
      "/usr/bin/qemu-system-x86_64", arguments, environment: [:],
      logPath: "\(results)/qemu.log")
    let watchdog = Task {
      try await Task.sleep(for: patience)
      machine.signal(SIGKILL)
    }
    defer { watchdog.cancel() }
    do {
      let talk = try await HostTalk(folder: socket)
      let found = try await Task.detached { try talk.listen(results: results) }.value
      _ = await machine.wait()
      for figure in found { Console.say(figure.line) }
      try BenchFigure.write(found, to: figures)
    } catch {
      machine.signal(SIGKILL)
      _ = await machine.wait()
      // The guest has said what is wrong.
      if case LaboratoryError.broken = error { throw error }
      throw LaboratoryError.program(
        "\(error)\nthe guest's console ended with:\n\(consoleEnd)\nqemu: \(machine.lastWords())")
    }
  }

  private var consoleEnd: String {
    // try?: a guest that never began has no console.
    let text = (try? String(contentsOfFile: "\(results)/console.log", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").suffix(8).joined(separator: "\n")
  }
}
