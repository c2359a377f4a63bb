/// Why a presentation was refused.
///
/// The numbers are those that operators of Chinese canteen terminals already know (001 非法卡 to
/// 013 请重新刷卡); they are printed with three digits and never change.
package enum DeclineReason: UInt16, Hashable, Sendable, Codable, CaseIterable {
  case unknownCredential = 1
  case accountClosed = 2
  case notAtThisTerminal = 3
  case countLimit = 4
  case amountLimit = 5
  case outsideMealPeriod = 6
  case insufficientBalance = 7
  case reportedLost = 8
  case amountNotPositive = 9
  case singleLimit = 10
  case notConfigured = 11
  case storeFull = 12
  case presentAgain = 13

  /// Three digits, as terminals show it: `007`.
  package var code: String {
    let digits = String(rawValue)
    return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
  }

  /// The words for the diner, in Chinese.
  package var chinese: String {
    switch self {
    case .unknownCredential: "非法卡"
    case .accountClosed: "注销卡"
    case .notAtThisTerminal: "机号限制"
    case .countLimit: "本餐次数已满"
    case .amountLimit: "超出限额"
    case .outsideMealPeriod: "不在消费时段"
    case .insufficientBalance: "余额不足"
    case .reportedLost: "挂失卡"
    case .amountNotPositive: "金额不能为零"
    case .singleLimit: "超出单笔限额"
    case .notConfigured: "设置错误"
    case .storeFull: "数据存满"
    case .presentAgain: "请重新刷卡"
    }
  }

  /// The words for the operator, in English.
  package var english: String {
    switch self {
    case .unknownCredential: "unknown card"
    case .accountClosed: "account closed"
    case .notAtThisTerminal: "not allowed at this terminal"
    case .countLimit: "meal count used up"
    case .amountLimit: "over the limit"
    case .outsideMealPeriod: "outside of meal periods"
    case .insufficientBalance: "insufficient balance"
    case .reportedLost: "reported lost"
    case .amountNotPositive: "amount is not positive"
    case .singleLimit: "over the limit of one sale"
    case .notConfigured: "terminal is not configured"
    case .storeFull: "store is full"
    case .presentAgain: "present again"
    }
  }
}
