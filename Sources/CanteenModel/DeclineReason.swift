/// Why a presentation was refused.
///
/// The numbers are those that operators of Chinese canteen terminals already know (001 非法卡 to
/// 013 请重新刷卡); they are printed with three digits and never change. Those from 14 on are ours.
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
  /// The item is not in the catalogue, or its category may not be sold with the card (C12).
  case itemNotForSale = 14
  /// The item costs more than the register's ceiling, or has none (S12, C13).
  case overPriceCeiling = 15
  /// More than may be approved without the centre, which did not answer.
  case needsCentre = 16
  /// The operator of the centre retired the terminal.
  case terminalRetired = 17

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
    case .itemNotForSale: "商品不可售"
    case .overPriceCeiling: "超出限价"
    case .needsCentre: "须联网授权"
    case .terminalRetired: "终端已停用"
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
    case .itemNotForSale: "item not for sale"
    case .overPriceCeiling: "over the price ceiling"
    case .needsCentre: "needs the centre"
    case .terminalRetired: "terminal is retired"
    }
  }
}
