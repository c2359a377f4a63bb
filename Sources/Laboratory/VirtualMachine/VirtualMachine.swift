import Foundation
import Synchronization
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
      "-append",
      "root=/dev/vda rw console=ttyS0 systemd.show_status=false mitigations=off tsc=reliable",
      "-drive", "file=\(image)/root.ext4,format=raw,if=virtio",
      "-drive", "file=\(programs),format=raw,if=virtio,read-only=on",
      "-device", "virtio-serial-pci",
      "-chardev", "socket,id=channel,path=\(socket)/channel,server=on,wait=off",
      "-device", "virtserialport,chardev=channel,name=canteen",
      "-qmp", "unix:\(socket)/qmp,server=on,wait=off",
      "-device", "qemu-xhci,id=xhci,addr=0x08",
    ] + line(0) + line(1)
  }

  /// A guest boots in some ten seconds; on a starved machine in a minute.
  private static let bootPatience = Duration.seconds(120)
  /// QEMU without KVM now and then leaves a guest's processors where they are before the kernel says a word.
  private static let boots = 3

  /// Boots the guest and waits for its end. A guest that does not boot is given up, with its console kept, and
  /// booted once more.
  ///
  /// - Parameter figures: The file that gets the figures that it measured.
  /// - Throws: ``LaboratoryError`` when something was not as it must be.
  package func run(figures: String) async throws {
    try? FileManager.default.removeItem(atPath: results)  // there was no run before
    for boot in 1...Self.boots {
      do {
        let found = try await runOnce()
        for figure in found { Console.say(figure.line) }
        return try BenchFigure.write(found, to: figures)
      } catch let silence as Silence {
        Console.say("boot \(boot) of \(Self.boots): \(silence)")
        let kept = "\(results)/boot-\(boot).txt"
        try Data("\(silence.processors)\n\(console)".utf8).write(to: URL(filePath: kept))
      }
    }
    throw LaboratoryError.program("no guest booted; what they said: \(results)/boot-*.txt")
  }

  /// A guest that did not boot.
  private struct Silence: Error, CustomStringConvertible {
    let processors: String
    let consoleEnd: String

    var description: String {
      "the guest did not boot within \(VirtualMachine.bootPatience); its console ended with:\n\(consoleEnd)"
    }
  }

  private func runOnce() async throws -> [BenchFigure] {
    try? FileManager.default.removeItem(atPath: socket)  // the first boot finds none
    try FileManager.default.createDirectory(atPath: socket, withIntermediateDirectories: true)
    let machine = try RunningProgram(
      "/usr/bin/qemu-system-x86_64", arguments, environment: [:],
      logPath: "\(results)/qemu.log")
    var hasBegun = true
    let processors = Mutex("")
    do {
      let talk = try await HostTalk(folder: socket)
      let watchdog = Task {
        try await Task.sleep(for: Self.bootPatience)
        if !talk.hasBegun {
          // try?: a guest that hung up meanwhile has nothing to say.
          let found = (try? talk.processors()) ?? ""
          processors.withLock { $0 = found }
          machine.signal(SIGKILL)
        }
        try await Task.sleep(for: patience - Self.bootPatience)
        machine.signal(SIGKILL)
      }
      defer { watchdog.cancel() }
      defer { hasBegun = talk.hasBegun }
      let found = try await Task.detached { try talk.listen(results: results) }.value
      // It has said everything, and what it wrote is thrown away.
      machine.signal(SIGKILL)
      _ = await machine.wait()
      return found
    } catch {
      machine.signal(SIGKILL)
      _ = await machine.wait()
      guard hasBegun else {
        throw Silence(processors: processors.withLock { $0 }, consoleEnd: consoleEnd)
      }
      // The guest has said what is wrong.
      if case LaboratoryError.broken = error { throw error }
      throw LaboratoryError.program(
        "\(error)\nthe guest's console ended with:\n\(consoleEnd)\nqemu: \(machine.lastWords())")
    }
  }

  private var consoleEnd: String {
    console.split(separator: "\n").suffix(8).joined(separator: "\n")
  }

  private var console: String {
    // try?: a guest that never began has no console.
    (try? String(contentsOfFile: "\(results)/console.log", encoding: .utf8)) ?? ""
  }
}
