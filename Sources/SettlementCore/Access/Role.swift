/// What somebody is in the programme (S4, S5, S7, S21, S22, S39, S41).
package enum Role: String, CaseIterable, Codable, Sendable {
  /// 机关事务管理局: leads the programme and holds its money (S4, S21).
  case bureau
  /// The Bureau's finance section.
  case bureauFinance
  /// The Finance Bureau, 国库科.
  case financeBureau
  /// The Audit Bureau: it reads everything, and writes nothing (S41).
  case audit
  /// 市资源投资集团, which runs the system (S22, S33).
  case systemOperator
  /// 建设银行, which keeps the accounts and installs the terminals (S22, S28-S30).
  case bank
  /// Who keeps a unit's people, canteens and menu (S5).
  case unitAdministrator
  /// Who runs canteens and is paid for it; a unit that runs its own included.
  case caterer
  /// 食堂监督员 (S39).
  case supervisor
  case cashier
  /// Who eats, and reads the own account.
  case diner

  /// How far a role can reach: a grant of it with another kind of scope is none.
  package var scopes: [Scope.Kind] {
    switch self {
    case .bureau, .bureauFinance, .financeBureau, .audit: [.everything, .region]
    case .systemOperator, .bank: [.everything]
    case .unitAdministrator: [.unit]
    case .caterer: [.caterer]
    case .supervisor: [.region, .unit, .canteen]
    case .cashier: [.canteen]
    case .diner: [.account]
    }
  }
}
