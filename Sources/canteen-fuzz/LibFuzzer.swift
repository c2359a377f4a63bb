import Foundation
import FuzzTargets
import Glibc

#if FUZZING
  // nonisolated: set once, before libFuzzer begins, which calls back on the same thread.
  nonisolated(unsafe) private var fuzzed = FuzzTarget.ccid

  extension CanteenFuzz {
    /// Gives the process to libFuzzer; it does not come back.
    static func fuzz(_ target: FuzzTarget) {
      fuzzed = target
      // libFuzzer reads its options from the process's arguments: all but the target's name.
      var count = CommandLine.argc - 1
      var arguments = CommandLine.unsafeArgv + 1
      arguments[0] = CommandLine.unsafeArgv[0]
      #if SEEDED_BUGS
        let bug = ProcessInfo.processInfo.environment["CANTEEN_FUZZ_BUG"]
        exit(FuzzTarget.planting(bug) { runDriver(&count, &arguments, one) })
      #else
        exit(runDriver(&count, &arguments, one))
      #endif
    }

    /// One input. What is not as promised stops the process, so that libFuzzer keeps the input.
    private static let one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt = { bytes, count in
      do throws(BrokenPromise) {
        try fuzzed.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
      } catch {
        complain("\(fuzzed.rawValue): \(error)")
        abort()
      }
      return 0
    }
  }

  /// `LLVMFuzzerRunDriver` of FuzzerInterface.h: libFuzzer without a main function of its own.
  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
  ) -> CInt
#else
  extension CanteenFuzz {
    static func fuzz(_ target: FuzzTarget) {
      print("canteen-fuzz: built without libFuzzer; `make fuzz` builds it with")
      exit(69)
    }
  }
#endif
