import Foundation

/// What a process has cost since it began. Source: proc(5).
struct ProcessCost {
  /// How often each thread went to sleep and was woken.
  private var wakeUpsByThread: [String: Double] = [:]
  var wakeUps: Double { wakeUpsByThread.values.reduce(0, +) }
  var cpuSeconds = 0.0

  init(of pid: pid_t) {
    // try?: a process that has ended costs nothing any more; its log says why.
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    for task in tasks {
      // try?: a thread may end between the two.
      let status = try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/status", encoding: .utf8)
      let line = status?.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches") }
      wakeUpsByThread[task] = line.flatMap { Double($0.filter(\.isNumber)) }
    }
    // try?: as above.
    let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    let fields = stat?.split(separator: ")").last?.split(separator: " ") ?? []
    let ticks = fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
    cpuSeconds = Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// What a second costs, while nothing happens.
  ///
  /// - Parameter rest: Before it is watched.
  static func perSecond(
    of pid: pid_t, for duration: Duration, after rest: Duration = .seconds(10)
  ) async throws -> ProcessCost {
    try await Task.sleep(for: rest)
    let before = ProcessCost(of: pid)
    try await Task.sleep(for: duration)
    return (ProcessCost(of: pid) - before) / (duration / .seconds(1))
  }

  static func / (cost: ProcessCost, seconds: Double) -> ProcessCost {
    var part = cost
    part.wakeUpsByThread = cost.wakeUpsByThread.mapValues { $0 / seconds }
    part.cpuSeconds /= seconds
    return part
  }

  /// A thread that has ended in between counts as if it had not been.
  static func - (later: ProcessCost, earlier: ProcessCost) -> ProcessCost {
    var cost = later
    for task in later.wakeUpsByThread.keys {
      cost.wakeUpsByThread[task]? -= earlier.wakeUpsByThread[task] ?? 0
    }
    cost.cpuSeconds -= earlier.cpuSeconds
    return cost
  }
}
