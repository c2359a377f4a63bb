package import Dispatch

extension DispatchQueue {
  /// Runs something after a time.
  package func after(_ delay: Duration, _ action: @escaping @Sendable () -> Void) {
    let (seconds, attoseconds) = delay.components
    let later =
      DispatchTime.now() + .seconds(Int(seconds))
      + .nanoseconds(Int(attoseconds / 1_000_000_000))
    asyncAfter(deadline: later, execute: action)
  }
}
