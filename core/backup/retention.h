#pragma once

#include <QString>
#include <QTimeZone>

#include <chrono>
#include <string>
#include <vector>

/// Which backups stay and which may go. Pure: nothing here deletes.
namespace backup {

/// How many to keep of each kind; all zero keeps everything, which is the default.
struct RetentionRules {
    int last = 0;
    int hourly = 0; ///< the newest of each of so many hours that have one, and so on
    int daily = 0;
    int weekly = 0; ///< ISO weeks, Monday to Sunday
    int monthly = 0;
    int yearly = 0;
    std::chrono::hours within{0}; ///< everything younger than this

    [[nodiscard]] bool keepsEverything() const;
};

/// One file of the backup folder that looks like a backup.
struct RetentionItem {
    std::string name;
    std::chrono::system_clock::time_point taken;
    bool isOurs = false;     ///< begins with our format.json: proven to be a backup of this program
    bool isVerified = false; ///< published under its final name and not found damaged since
    bool isComplete = false; ///< its manifest names no omission
    bool isPinned = false;
};

struct RetentionDecision {
    std::string name;
    bool keep = true;
    /// Why it stays, the rules as the configuration names them ("daily", "pinned", "newest three");
    /// what may go has none.
    std::vector<std::string> reasons;
};

/// One decision for each item, newest first. Rules count verified and complete backups only, so
/// that no bad one takes the place of a good one. What is incomplete stays where it is all there is
/// of a day, week... that a rule reaches back to; and everything that is not good stays for a week,
/// and until three good ones are newer. The newest three that are verified and complete stay
/// whatever the rules say, and so does everything that is not ours. `holdAll`: the tripwire is on,
/// nothing may go. The same holds while the clock cannot be trusted: a backup seems to come from
/// the future, or there is a gap behind one of the newest two that is unlike the one before it.
[[nodiscard]] std::vector<RetentionDecision>
applyRetention(std::vector<RetentionItem> items, const RetentionRules &rules,
               std::chrono::system_clock::time_point now, const QTimeZone &zone,
               bool holdAll = false);

} // namespace backup
