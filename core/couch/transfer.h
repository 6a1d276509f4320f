#pragma once

#include "core/couch/networkworker.h"

#include <QNetworkReply>
#include <QSslError>
#include <QTimer>

namespace couch {

/// One reply on its way into its exchange: deadlines, minimum rate, back-pressure. A child of the
/// worker; deletes itself when it is over.
class Transfer : public QObject
{
    Q_OBJECT
public:
    Transfer(NetworkWorker &worker, std::shared_ptr<Exchange> exchange, QNetworkReply *reply,
             QString path);

    void pump();
    void abort(std::optional<base::Error> reason);
    [[nodiscard]] const QNetworkAccessManager *manager() const { return m_reply->manager(); }

private:
    void readHead();
    void readFinished();
    void armDeadline();
    void checkRate();
    void deadlinePassed();
    void conclude();
    [[nodiscard]] base::Error tooLate() const;

    NetworkWorker &m_worker;
    const std::shared_ptr<Exchange> m_exchange;
    QNetworkReply *const m_reply;
    const QString m_path;
    QTimer m_deadline;
    QTimer m_rate;
    QList<QSslError> m_tlsErrors;
    std::optional<base::Error> m_abortReason;
    std::uint64_t m_receivedInWindow = 0;
    bool m_wasPausedInWindow = false;
    bool m_hasHead = false;
    bool m_isPaused = false;
    bool m_isFinished = false;
    bool m_isOver = false;
};

} // namespace couch
