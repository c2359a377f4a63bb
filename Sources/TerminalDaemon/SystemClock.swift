package import CanteenModel
import Glibc

/// The clocks of the machine.
package enum SystemClock {
  /// Reads CLOCK_REALTIME and CLOCK_BOOTTIME.
  package static func read() -> ClockReading {
    ClockReading(
      wallMilliseconds: milliseconds(CLOCK_REALTIME),
      bootMilliseconds: milliseconds(CLOCK_BOOTTIME))
  }

  private static func milliseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    let status = clock_gettime(clock, &time)
    precondition(status == 0, "Linux has had this clock since 2.6.39")
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
