/// A role that somebody was given, and how far it reaches.
package struct Grant: Hashable, Sendable {
  package let role: Role
  package let scope: Scope

  package init(_ role: Role, _ scope: Scope) {
    self.role = role
    self.scope = scope
  }

  /// Whether the role may have such a scope at all; one that may not is good for nothing.
  package var isPossible: Bool {
    #if SEEDED_BUGS
      if SeededAccessBug.planted == .roleOfWrongScope { return true }
    #endif
    return role.scopes.contains(scope.kind)
  }
}

/// What was judged.
package enum AccessJudgement: Hashable, Sendable {
  case allowed
  /// One of the two who are needed: it is proposed, and somebody else decides.
  case allowedWithSecond
  case refused(AccessRefusal)
}

/// Why somebody may not.
package enum AccessRefusal: Hashable, Sendable {
  case notSignedIn
  /// None of the roles that may.
  case noRole
  /// The role is there, and what is asked about lies elsewhere.
  case outOfScope
  /// Two people means two.
  case ownProposal
  /// It is no act that anybody approves.
  case needsNoSecond

  /// What the caller is told, and what to do.
  package func advice(on verb: Verb) -> String {
    switch self {
    case .notSignedIn: "sign in first"
    case .noRole:
      "\(verb.rawValue) is for \(verb.rule.first.map(\.rawValue).joined(separator: ", ")): "
        + "ask one of them, or ask for the role"
    case .outOfScope:
      "\(verb.rawValue) is allowed to you where your role reaches, and this lies elsewhere or "
        + "everywhere: name your own unit, canteen, caterer or account"
    case .ownProposal:
      "two people means two: let somebody else decide who is one of "
        + verb.rule.second.map(\.rawValue).joined(separator: ", ")
    case .needsNoSecond: "\(verb.rawValue) needs no second person: do it at once"
    }
  }
}

/// Who may do what: the one place where it is decided. A value in, a value out.
package enum Access {
  /// Judges whether somebody may do something alone, or propose it.
  ///
  /// - Parameters:
  ///   - subject: Where what is asked about lies.
  ///   - grants: Everything that the person was given; `nil` for somebody who is not signed in.
  package static func judge(
    _ verb: Verb, on subject: Subject, by grants: [Grant]?
  ) -> AccessJudgement {
    let rule = verb.rule
    if rule.caller == .anybody { return .allowed }
    guard let grants else { return .refused(.notSignedIn) }
    if rule.caller == .signedIn { return .allowed }
    var roles = rule.first
    #if SEEDED_BUGS
      if SeededAccessBug.planted == .auditMayWrite { roles.append(.audit) }
    #endif
    if let refusal = refusal(of: grants, roles, rule.reach, subject) { return .refused(refusal) }
    #if SEEDED_BUGS
      if SeededAccessBug.planted == .oneIsEnough { return .allowed }
    #endif
    return rule.second.isEmpty ? .allowed : .allowedWithSecond
  }

  /// Judges whether somebody may decide what somebody else proposed.
  ///
  /// - Parameters:
  ///   - isProposer: Whether they are one person.
  ///   - grants: Those of whoever decides.
  /// - Returns: ``AccessJudgement/allowed``, or a refusal.
  package static func judgeSecond(
    _ verb: Verb, on subject: Subject, isProposer: Bool, by grants: [Grant]
  ) -> AccessJudgement {
    let rule = verb.rule
    guard !rule.second.isEmpty else { return .refused(.needsNoSecond) }
    var isProposer = isProposer
    #if SEEDED_BUGS
      if SeededAccessBug.planted == .proposerApprovesOwn { isProposer = false }
    #endif
    guard !isProposer else { return .refused(.ownProposal) }
    if let refusal = refusal(of: grants, rule.second, rule.reach, subject) {
      return .refused(refusal)
    }
    return .allowed
  }

  /// - Returns: `nil` when one of the grants is enough.
  private static func refusal(
    of grants: [Grant], _ roles: [Role], _ reach: VerbRule.Reach, _ subject: Subject
  ) -> AccessRefusal? {
    let fitting = grants.filter { $0.isPossible && roles.contains($0.role) }
    guard !fitting.isEmpty else { return .noRole }
    let reaches = reach == .role || fitting.contains { $0.scope.covers(subject) }
    return reaches ? nil : .outOfScope
  }
}
