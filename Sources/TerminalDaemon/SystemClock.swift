package import CanteenModel
import Foundation
import Glibc

/// The clocks of the machine.
package enum SystemClock {
  /// Reads CLOCK_REALTIME and CLOCK_BOOTTIME.
  package static func read() -> ClockReading {
    ClockReading(
      wallMilliseconds: milliseconds(CLOCK_REALTIME),
      bootMilliseconds: milliseconds(CLOCK_BOOTTIME))
  }

  /// What Linux calls this boot of the machine. Where it does not say, every start of the program
  /// counts as a boot, which makes the ages of older sales less exact, never too high.
  package static func bootID() -> String {
    // try?: see above.
    let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    let trimmed = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    return trimmed.isEmpty ? UUID().uuidString : trimmed
  }

  private static func milliseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    let status = clock_gettime(clock, &time)
    precondition(status == 0, "Linux has had this clock since 2.6.39")
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
