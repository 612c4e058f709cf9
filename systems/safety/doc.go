// Package safety is the live monitoring of work safety (安全生产监控), 3.3.5 of the plan: the key points of 4,000 plants with hazardous chemicals,
// 40 of metallurgy and 12 fireworks stores.
//
// The register of plants and points is systems/safety/register, the hazard value of GB 18218-2018 systems/safety/hazard. A reading comes by a feed
// to [service.take], which finds its point and hands it to kernel/rule/intake: series, rules and alarms in one transaction, and only then is the
// device answered. The room declares the rules that every point of a kind is watched by; people change them at the duty desk.
//
// Entity types: HazardousPlant, SafetyPoint. Series: safety.point. Alarms are kernel/casework/alarm's and are shown by systems/duty.
package safety
