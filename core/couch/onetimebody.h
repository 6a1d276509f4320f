#pragma once

#include <QIODevice>

#include <algorithm>
#include <cstring>

namespace couch {

/// A request's body that can be read once. Qt sends a request again by itself when the connection
/// is closed before an answer; with this body it fails instead, so that nothing is done twice.
class OneTimeBody : public QIODevice
{
    Q_OBJECT
public:
    explicit OneTimeBody(QByteArray bytes)
        : m_bytes(std::move(bytes))
    {
        open(QIODevice::ReadOnly | QIODevice::Unbuffered);
    }
    [[nodiscard]] bool isSequential() const override { return true; }
    [[nodiscard]] bool atEnd() const override { return m_at == m_bytes.size(); }
    [[nodiscard]] qint64 bytesAvailable() const override { return m_bytes.size() - m_at; }
    bool reset() override { return false; }

protected:
    qint64 readData(char *data, qint64 maxSize) override
    {
        const qint64 size = std::min<qint64>(maxSize, m_bytes.size() - m_at);
        if (size == 0)
            return -1;
        std::memcpy(data, m_bytes.constData() + m_at, static_cast<size_t>(size));
        m_at += size;
        return size;
    }
    qint64 writeData(const char *, qint64) override { return -1; }

private:
    const QByteArray m_bytes;
    qsizetype m_at = 0;
};

} // namespace couch
