# The studio in a container, as a Docker Space of the Hugging Face Hub wants it (app_port 7860, user
# 1000), or at home:
#   docker build -t toploss .
#   docker run -p 127.0.0.1:7860:7860 -v toploss:/home/user/data -e TOPLOSS_DEMO=0 toploss
FROM python:3.12-slim-bookworm

RUN useradd --create-home --uid 1000 user
USER user
ENV HOME=/home/user \
    PATH=/home/user/.local/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONUNBUFFERED=1 \
    TOPLOSS_HOME=/home/user/data \
    TOPLOSS_HOSTS=*.hf.space \
    TOPLOSS_DEMO=1
WORKDIR /home/user/app

# torch as built for machines without a graphics card first: the same versions satisfy the pins.
COPY --chown=user requirements.txt .
RUN pip install --user --extra-index-url https://download.pytorch.org/whl/cpu \
        torch==2.13.0+cpu torchvision==0.28.0+cpu \
    && pip install --user -r requirements.txt

COPY --chown=user . .
# Made by the user, so that a volume that is mounted here belongs to them.
RUN mkdir -p /home/user/data
VOLUME /home/user/data

EXPOSE 7860
# On the hub the page is shown inside a frame of another site, where browsers keep back the cookie
# that Streamlit's check of uploads wants. In its place core/web_guard.py looks at the Origin of
# whatever changes something, and at the Host of everything: besides localhost, addresses in numbers
# and the hub's names, say others by -e TOPLOSS_HOSTS=studio.example.org.
CMD ["streamlit", "run", "streamlit_app.py", "--server.address", "0.0.0.0", "--server.port", "7860", \
     "--server.headless", "true", "--server.enableXsrfProtection", "false", \
     "--server.maxUploadSize", "200"]
